"""PostgreSQL: the server, its clock, migrations, and the keys that are kept there."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from time import time

import asyncpg

from app.adapters.postgres import Postgres, list_revisions
from app.adapters.postgres_connection import POOLED_STATEMENT, is_behind_pooler
from app.commands.checks.line import Line, ask_patiently, judged
from app.commands.stores import open_memory
from app.domain.checks import Status
from app.domain.cleanup import find_gaps
from app.domain.keys import SecretKeys, fingerprint_of
from app.domain.ports import Database, Record
from app.domain.processes import RunningProcess, list_processes, order_secret_keys
from app.domain.restores import find_restore, find_unnoticed
from app.domain.schema_check import sql as schema_sql
from app.domain.sessions.signing_keys import KeyState, SigningKeys
from app.domain.sessions.tokens import LEEWAY
from app.domain.sql import load_queries
from app.domain.vitals import APART, compare_clocks
from app.settings import Settings
from app.settings.database_url import parse_database_url
from app.settings.environment import is_loopback

sql = load_queries(__file__, "database.sql")

OLDEST = 15  # of PostgreSQL: docs/deploy.md
# Connections of a process besides those for requests: for prices and keys, for cleaning.
OTHERS = 1 + 2
FEWER = "Raise max_connections, or lower WORKERS or DATABASE_POOL_SIZE."
AWAY = "Check that PostgreSQL runs and DATABASE_URL leads to it."
# What is told of it, each by its name; the first of all is whether it is there.
LATER = ("database-writes", "database-connections", "database-tls", "clock", "migrations",
         "partitions", "signing-keys", "secret-key", "restore")  # fmt: skip

Check = Callable[[Settings, Database], Awaitable[list[Line]]]


async def check_database(settings: Settings) -> list[Line]:
    """Raises `Unavailable`, as the adapter does."""
    database = Postgres.from_settings(settings, size=1)
    await database.open()
    try:
        server = await ask_patiently(partial(_describe_server, database))
        lines = [_version(server), *_policy(settings, server, time())]
        for name, check in (("migrations", _migrations), ("partitions", _partitions),
                            ("signing-keys", _signing_keys),
                            ("secret-key", _secret_key), ("restore", _restore)):  # fmt: skip
            lines += await _unless_not_migrated(name, check, settings, database)
        return lines
    finally:
        await database.close()


async def _describe_server(database: Database) -> Record:
    async with database.connection() as connection:
        [server] = await connection.fetch(*sql.describe_server())
        return server


def without_database() -> list[Line]:
    """What can't be looked at while it is away."""
    return [Line(name, Status.WARN, "not looked at: it waits for PostgreSQL") for name in LATER]


async def check_pooler(settings: Settings) -> list[Line]:
    pooled = await is_behind_pooler(settings.database_url)
    said = settings.database_pooler
    unspoken = pooled and said != "transaction"
    words = f"DATABASE_POOLER={said}" + (" and one stands there" if pooled else "")
    trouble = (unspoken, Status.FAIL, POOLED_STATEMENT, "Set DATABASE_POOLER=transaction.")
    return [judged("database-pooler", words, trouble)]


def _version(server: Record) -> Line:
    words = f"PostgreSQL {server['version']}"
    fix = f"Update PostgreSQL to {OLDEST} or newer."
    old = (server["major"] < OLDEST, Status.FAIL, f"{words} is too old", fix)
    return judged("database", words, old)


def _policy(settings: Settings, server: Record, now: float) -> list[Line]:
    """`now` is when it answered, in seconds since 1970."""
    needed, room, used = _needed(settings), server["room"], server["used"]
    found = f"{room} allowed, {used} in use, this server opens {needed} at most"
    hosts = parse_database_url(settings.database_url).hosts
    is_near = all(host.startswith("/") or is_loopback(host) for host in hosts)
    offset = now - server["clock"]
    apart = abs(offset)
    clock = f"this machine is {compare_clocks(offset)}"
    sync = "Synchronise the clocks of both machines (NTP)."
    return [
        judged(
            "database-writes", "it can be written to",
            (server["is_standby"], Status.FAIL, "it is a standby, which only reads",
             "Name the primary in DATABASE_URL, or add target_session_attrs=read-write."),
            (server["is_read_only"], Status.FAIL, "default_transaction_read_only is on",
             "Switch it off, for this database and role."),
        ),
        judged(
            "database-connections", found,
            (needed > room, Status.FAIL, found, FEWER),
            (needed > room - used, Status.WARN, f"{found}: that may be too many",
             FEWER),
        ),
        judged(
            "database-tls", "TLS" if server["is_tls"] else "no TLS, on this machine",
            (not (server["is_tls"] or is_near), Status.WARN,
             "no TLS: whoever is on the way reads everything",
             "Add sslmode=verify-full to DATABASE_URL."),
        ),
        judged(
            "clock", clock,
            (apart > LEEWAY.total_seconds(), Status.FAIL, clock, sync),
            (apart > APART, Status.WARN, clock, sync),
        ),
    ]  # fmt: skip


def _needed(settings: Settings) -> int:
    return settings.workers * (settings.database_pool_size + OTHERS)


async def _unless_not_migrated(
    name: str, check: Check, settings: Settings, database: Database
) -> list[Line]:
    try:
        return await check(settings, database)
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError):
        return [Line(name, Status.FAIL, "its tables are not there", "Run latchkey migrate.")]


async def _migrations(_: Settings, database: Database) -> list[Line]:
    async with database.connection() as connection:
        applied = await connection.fetchval(*schema_sql.list_revisions()) or []
    needed = list_revisions()
    missing = [each for each in needed if each not in applied]
    newer = sorted({*applied} - {*needed})
    count = f"{len(missing)} missing, from {missing[0]} on" if missing else ""
    return [
        judged(
            "migrations", f"none is missing, the newest is {needed[-1]}",
            (bool(missing), Status.FAIL, count, "Run latchkey migrate."),
            (bool(newer), Status.WARN, f"the database is newer: it has {', '.join(newer)}",
             "Update this installation."),
        )
    ]  # fmt: skip


async def _partitions(_: Settings, database: Database) -> list[Line]:
    gaps = await find_gaps(database)
    trouble = (bool(gaps), Status.WARN, gaps, "Run latchkey migrate.")
    return [judged("partitions", "the months of messages and audit events are there", trouble)]


async def _signing_keys(settings: Settings, database: Database) -> list[Line]:
    if not settings.secret_key:
        return [Line("signing-keys", Status.WARN, "not looked at: it waits for SECRET_KEY")]
    secrets = await order_secret_keys(database, settings.secret_key)
    keys = await SigningKeys(secrets.derive("signing keys"), database).list_keys()
    signing = [each.id for each in keys if each.state is KeyState.SIGNS]
    unreadable = [each.id for each in keys if each.state is KeyState.UNREADABLE]
    lost = f"{', '.join(unreadable)} cannot be read by this SECRET_KEY"
    return [
        judged(
            "signing-keys", f"{len(keys)}, of which {signing[0]} signs" if signing else
            "none yet: the first server makes one",
            (bool(unreadable) and not signing, Status.FAIL, lost,
             "Give this server the SECRET_KEY of the others, or run latchkey keys rotate."),
            (bool(unreadable), Status.WARN, lost, "They go after the next latchkey keys rotate."),
        )
    ]  # fmt: skip


async def _secret_key(settings: Settings, database: Database) -> list[Line]:
    """Those in use, by fingerprint."""
    async with database.connection() as connection:
        running = await list_processes(connection)
    if not settings.secret_key:
        return [Line("secret-key", Status.FAIL, "SECRET_KEY is missing", "Set it.")]
    own = SecretKeys(settings.secret_key).configured
    first = fingerprint_of(settings.secret_key[0])
    lacking = [each.name for each in running if first not in each.secrets]
    strange = sorted({each.signs_by for each in running} - {*own})
    rotate = "See docs/rotate-secrets.md."
    return [
        judged(
            "secret-key", f"{', '.join(own)}; {_processes(running)}",
            (bool(strange), Status.FAIL,
             f"servers sign by {', '.join(strange)}, which is not in SECRET_KEY here", rotate),
            (bool(lacking), Status.WARN,
             f"{first} is the first here and not known to {', '.join(lacking)}", rotate),
        )
    ]  # fmt: skip


async def _restore(settings: Settings, database: Database) -> list[Line]:
    async with database.connection() as connection:
        restore = await find_restore(connection)
    async with open_memory(settings) as memory:
        if memory and not restore:
            restore = await find_unnoticed(database, memory)
    words = restore.words if restore else "no backup was restored that waits to be dealt with"
    return [Line("restore", Status.WARN if restore else Status.PASS, words)]


def _processes(running: Sequence[RunningProcess]) -> str:
    if not running:
        return "no server runs"
    signing = sorted({each.signs_by for each in running})
    return f"{len(running)} processes run and sign by {', '.join(signing)}"
