"""What a sign-up, a sign-in, a refresh and a look at a session ask of the stores: statements, bytes
of the log of PostgreSQL, commands and bytes of Redis, and CPU time of each process.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from tests.controllers.test_signup_statements import statements

from bench.driver import Connection, connected, expect, get
from bench.members import Member, members
from bench.people import GZIP, Visitor
from bench.place import YESTERDAY, Place, postgres_cpu_seconds
from bench.signups import Crowd
from bench.table import Figure

TIMES = 100
# Images of whole pages are written after each checkpoint: how many, its distance decides.
SETTINGS = ("log_statement = 'all'", "full_page_writes = off")
WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'"
SETTLING = 1.5  # seconds until messages are sent, and what became of them is written down
OURS = ("config|", "info", "memory|", "scan", "client|")


@dataclass(frozen=True, slots=True)
class Seen:
    """Of everything so far. `wal` in bytes, CPU in seconds."""

    statements: int
    wal: int
    commands: int
    scripts: int
    server: float
    postgres: float
    redis: float

    def told_since(self, before: "Seen") -> str:
        """For each one."""
        asked = (self.statements - before.statements) / TIMES
        commands = (self.commands - before.commands) / TIMES
        scripts = (self.scripts - before.scripts) / TIMES
        server, postgres, redis = (
            (getattr(self, name) - getattr(before, name)) / TIMES * 1e3
            for name in ("server", "postgres", "redis")
        )
        return (
            f"{asked:.1f} statements; {commands:.1f} commands in Redis, those of {scripts:.1f}"
            f" scripts included; CPU in ms: {server:.2f} in the server, {postgres:.2f} in"
            f" PostgreSQL, {redis:.2f} in Redis"
        )


class Watch:
    def __init__(self, place: Place, database: Any) -> None:
        self._place, self._database = place, database
        self._stores = place.folder / "stores"
        self._log = self._stores / "postgres.log"
        self._postmaster = int(
            next(self._stores.glob("postgres*/postmaster.pid")).open().readline()
        )

    async def look(self) -> Seen:
        await asyncio.sleep(SETTLING)
        calls = {
            name: of["calls"] for name, of in self._place.memory.info("commandstats").items()
            if not name.removeprefix("cmdstat_").startswith(OURS)
        }  # fmt: skip
        return Seen(
            len(statements(self._log, 0)),
            int(await self._database.fetchval(WRITTEN)),
            sum(calls.values()),
            calls.get("cmdstat_evalsha", 0),
            self._place.product.cpu_seconds(),
            postgres_cpu_seconds(self._stores),
            self._place.memory.info("cpu")["used_cpu_user"]
            + self._place.memory.info("cpu")["used_cpu_sys"],
        )

    def remembered(self) -> int:
        """Bytes of all that Redis holds."""
        memory: Any = self._place.memory
        return sum(memory.memory_usage(key) or 0 for key in memory.scan_iter(count=1000))


async def footprint_figures(place: Place) -> list[Figure]:
    database: Any = await asyncpg.create_pool(place.database_url, min_size=1, max_size=1)
    for setting in SETTINGS:
        await database.execute(f"ALTER SYSTEM SET {setting}")
    await database.execute("SELECT pg_reload_conf()")
    place.memory_counts_since(YESTERDAY)
    watch, connection = Watch(place, database), await connected(place.product.port)
    try:
        return await _figures(place, watch, connection, database)
    finally:
        connection.close()
        await database.close()


async def _figures(
    place: Place, watch: Watch, connection: Connection, database: Any
) -> list[Figure]:
    crowd = Crowd(place, database)
    made = iter(await members(place, 3 * TIMES + 20))

    async def sign_up() -> None:
        await crowd.sign_up(connection, Visitor())

    async def sign_in() -> None:
        await expect(connection, next(made).log_in(), 303)

    async def refresh() -> None:
        await expect(connection, _with_old_token(next(made)), 303)

    async def look() -> None:
        sent = get("/login", f"cookie: {next(made).access}".encode(), GZIP)
        await expect(connection, sent, 303)

    begun = await _begin(place, watch, connection, database)
    before = watch.remembered()
    ways = {"a sign-up": sign_up, "a sign-in": sign_in, "a refresh": refresh,
            "a look at a session": look}  # fmt: skip
    found = [await _figure(watch, name, do) for name, do in ways.items()]
    left = (watch.remembered() - before) / TIMES
    return [
        *found,
        Figure("Redis for a sign-up that is under way", "", "", begun, None, "bytes"),
        Figure("what is left of it for an hour", "", "", left, None, "bytes"),
    ]


async def _figure(watch: Watch, name: str, do: Callable[[], Awaitable[None]]) -> Figure:
    for _ in range(5):
        await do()
    before = await watch.look()
    for _ in range(TIMES):
        await do()
    after = await watch.look()
    written = (after.wal - before.wal) / TIMES
    return Figure(name, after.told_since(before), "", written, None, "bytes of WAL")


async def _begin(place: Place, watch: Watch, connection: Connection, database: Any) -> float:
    """Bytes of Redis for somebody who has proved their number and typed their address."""
    before = watch.remembered()
    for _ in range(TIMES):
        person = Visitor()
        forms = person.forms(database)
        for _ in range(3):
            step, field, value = await anext(forms)
            sent = person.post(f"/signup/{step}", field, value)
            person.goes_on((await expect(connection, sent, 303)).head)
    return (watch.remembered() - before) / TIMES


def _with_old_token(member: Member) -> bytes:
    return get("/login", f"cookie: {member.refresh(0)}".encode(), GZIP)
