"""Connections to PostgreSQL: as DATABASE_URL says, through a pooler too, and what goes wrong."""

import socket
import ssl
from collections.abc import Sequence
from functools import cached_property
from time import monotonic
from typing import Any

import asyncpg

from app.adapters.outages import describe_error
from app.domain.ports import Connection, Record
from app.settings.database_url import ConnectionParameters, parse_database_url

# A statement of ours that the server knows nothing of, or has already: it is another one than the
# last time.
WITHOUT_STATEMENT = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)
# How PgBouncer refuses what we ask for as a session begins.
POOLER_WORDS = "unsupported startup parameter"
POOLED_STATEMENT = (
    "a connection pooler in transaction mode stands there; set DATABASE_POOLER=transaction"
)

# What asyncpg raises when the server is gone, going, starting, full or not the one to be written
# to, has undone the work for someone else's, or lets us not in or not at our tables. Everything
# else is our bug.
OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    *WITHOUT_STATEMENT,
)
# What a server that answers says to whoever writes: its disk is full, or it is not the one to be
# written to.
REFUSED_WRITES = (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError)
# What a statement ends with whose connection is gone, whether or not the server said so.
GONE = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TransactionRollbackError,
)


def describe_failure(error: BaseException) -> str:
    """The server's own words or those of the system, without an address: one line."""
    if isinstance(error, WITHOUT_STATEMENT) or POOLER_WORDS in str(error):
        return POOLED_STATEMENT
    if "rejected SSL upgrade" in str(error):
        return "the server does not offer TLS"
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return "no server that answers is the one that target_session_attrs asks for"
    if isinstance(error, asyncpg.InternalClientError):
        return "the connection was lost"  # in the middle of asyncpg's work, which it says of itself
    return describe_error(error)


# One connection to PostgreSQL, as DATABASE_URL says: whatever opens one does it here.

# What says that this host is not the one; another of the list may be.
NOT_THIS_HOST = (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)
# What a server says that has no TLS, or does not let us in with it.
NOT_WITH_TLS = (ConnectionError, ssl.SSLError, asyncpg.InvalidAuthorizationSpecificationError)
Place = tuple[str | None, int]  # host and port
# Seconds for a host, where DATABASE_URL has no connect_timeout and nobody waits for a page.
TIMEOUT = 5


class KeptAlive(asyncpg.Connection):  # type: ignore[misc]  # asyncpg tells no types of it
    """Notices within a minute that the other side is gone, and knows how long it has rested."""

    __slots__ = ("_rested_since", "has_message", "uses")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rested_since: float | None = None
        self.uses = 0
        self.has_message = False  # in the unit of work that is under way

    @property
    def is_new(self) -> bool:
        """Whether nobody has used it yet, so that it can hardly be dead."""
        return self._rested_since is None

    @property
    def rested(self) -> float:
        """Seconds since its last use; 0 for a new one."""
        return 0.0 if self._rested_since is None else monotonic() - self._rested_since

    def rest(self) -> None:
        self._rested_since, self.has_message = monotonic(), False
        self.uses += 1

    def message_queued(self) -> None:
        self.has_message = True

    def keep_alive(self, parameters: ConnectionParameters) -> None:
        """By the probes of TCP, which networks also count as traffic."""
        sock = self._transport.get_extra_info("socket")
        if not parameters.keepalives or sock is None or sock.family == socket.AF_UNIX:
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", parameters.keepalives_idle),
            ("TCP_KEEPINTVL", parameters.keepalives_interval),
            ("TCP_KEEPCNT", parameters.keepalives_count),
        ):
            if hasattr(socket, name):  # macOS has other names and its own values
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Connector:
    """Opens connections; the certificates to check servers by are read once."""

    def __init__(
        self, parameters: ConnectionParameters, connection_class: type[KeptAlive] = KeptAlive
    ) -> None:
        self.parameters, self._connection_class = parameters, connection_class
        hosts = parameters.hosts or (None,)
        self._places: list[Place] = list(zip(hosts, parameters.ports, strict=True))

    async def connect(self, at_most: float | None = None, **options: Any) -> KeptAlive:
        """To the first host of the list that is there and the one that is wanted. `at_most`, in
        seconds, is for all of them together; `options` are those of `asyncpg.connect`. The one that
        takes writes is the first the next time: another may hang, and be waited for.
        """
        roles = [self.parameters.target_session_attrs]
        if roles == ["prefer-standby"]:
            roles = ["standby", "any"]
        patience = float(self.parameters.connect_timeout or TIMEOUT)
        if at_most:
            patience = min(patience, at_most / len(self._places) / len(roles))
        trouble: Exception = AssertionError()
        for role in roles:
            for host, port in tuple(self._places):
                place = {"host": host, "port": port, "target_session_attrs": role}
                try:
                    found = await self._connected(timeout=patience, **place, **options)
                except NOT_THIS_HOST as error:
                    trouble = error
                else:
                    if self.parameters.is_written_to:
                        self._places.sort(key=lambda each: each != (host, port))
                    return found
        raise trouble

    async def _connected(self, **options: Any) -> KeptAlive:
        """With TLS first, where it is not forbidden; without, where it is not demanded."""
        given = self.parameters
        options |= {
            "user": given.user or None,
            "password": given.password or None,
            "database": given.database or None,
            "connection_class": self._connection_class,
            "server_settings": options.get("server_settings", {}) | given.settings,
        }
        if given.sslmode in ("prefer", "allow"):
            try:
                return self._kept_alive(await asyncpg.connect(ssl=self._tls, **options))
            except asyncpg.InvalidPasswordError:
                raise
            except NOT_WITH_TLS:
                return self._kept_alive(await asyncpg.connect(ssl=False, **options))
        tls = False if given.sslmode == "disable" else self._tls
        return self._kept_alive(await asyncpg.connect(ssl=tls, **options))

    def _kept_alive(self, connection: KeptAlive) -> KeptAlive:
        connection.keep_alive(self.parameters)
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """As libpq checks: from `verify-ca` on, or whenever there is a root to check by. Without a
        file of its own, those of the system.
        """
        given = self.parameters
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = given.sslmode == "verify-full"
        root = given.sslrootcert
        if not (root or given.sslmode.startswith("verify")):
            context.verify_mode = ssl.CERT_NONE
        elif root in ("", "system"):
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=root)
        if given.sslcert:
            context.load_cert_chain(given.sslcert, given.sslkey or None)
        return context


# A connection pooler in transaction mode, such as PgBouncer, between us and PostgreSQL.
#
# It gives each transaction whichever connection to the server is free. So nothing of ours may
# outlive a transaction: no named statement, no setting of a session. And asyncpg needs two messages
# for a statement, which reach the same server only within a transaction.

PATIENCE = 2.0  # seconds that a start waits for the database to say what it is
LOOKS = 5
OWN_SERVER = "SELECT pg_backend_pid()"
# Of asyncpg: statements have no name, and nothing is asked for as a session begins.
POOLED: dict[str, Any] = {"statement_cache_size": 0}


def session_of(statement_timeout: int) -> dict[str, Any]:
    """What asyncpg asks for as a session begins. `statement_timeout` is in milliseconds."""
    settings = {
        "application_name": "latchkey",
        "timezone": "UTC",
        "statement_timeout": str(statement_timeout),
    }
    return {"server_settings": settings}


def pooled_begin(statement_timeout: int) -> str:
    """The same for one transaction."""
    return f"BEGIN; SET LOCAL timezone = 'UTC'; SET LOCAL statement_timeout = {statement_timeout}"


class EachInTransaction:
    """A connection whose statements are each a transaction of their own."""

    def __init__(self, connection: Connection, begin: str) -> None:
        self._connection, self._begin = connection, begin

    async def execute(self, query: str, /, *args: object) -> str:
        await self._connection.execute(self._begin)
        done = await self._connection.execute(query, *args)
        await self._connection.execute("COMMIT")
        return done

    async def fetch(self, query: str, /, *args: object) -> Sequence[Record]:
        await self._connection.execute(self._begin)
        rows = await self._connection.fetch(query, *args)
        await self._connection.execute("COMMIT")
        return rows

    async def fetchrow(self, query: str, /, *args: object) -> Record | None:
        await self._connection.execute(self._begin)
        row = await self._connection.fetchrow(query, *args)
        await self._connection.execute("COMMIT")
        return row

    async def fetchval(self, query: str, /, *args: object) -> Any:
        await self._connection.execute(self._begin)
        value = await self._connection.fetchval(query, *args)
        await self._connection.execute("COMMIT")
        return value

    def message_queued(self) -> None:
        self._connection.message_queued()


async def is_behind_pooler(database_url: str) -> bool:
    """Whether a pooler in transaction mode answers at this address, as far as it can be told now.

    It does not take our settings, or two clients find themselves on one connection to the server.
    """
    connector = Connector(parse_database_url(database_url))
    try:
        one = await connector.connect(PATIENCE, **session_of(2500), **POOLED)
    except asyncpg.PostgresError as error:
        return POOLER_WORDS in str(error)
    except OUTAGES:
        return False
    try:
        return await _shares_its_server(one, connector)
    except WITHOUT_STATEMENT:
        return True
    except OUTAGES:
        return False
    finally:
        one.terminate()


async def _shares_its_server(one: KeptAlive, connector: Connector) -> bool:
    if await one.fetchval(OWN_SERVER, timeout=PATIENCE) == one.get_server_pid():
        return False  # nobody stands between
    other = await connector.connect(PATIENCE, **POOLED)
    try:
        for _ in range(LOOKS):
            first = await one.fetchval(OWN_SERVER, timeout=PATIENCE)
            if first == await other.fetchval(OWN_SERVER, timeout=PATIENCE):
                return True
        return False
    finally:
        other.terminate()
