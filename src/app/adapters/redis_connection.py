"""One connection to a Redis for a whole process: commands given at once travel together."""

import app.adapters.lean_redis  # isort: skip  # noqa: F401 - before redis

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from hiredis import pack_command
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ClusterDownError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as TooSlow

from app.adapters.outages import describe_error

# Seconds. Long enough for a busy server, short enough that a page hardly waits.
TIMEOUT = 0.25
# A cold process opens it while it has other work; a hung server still accepts at once, and is found
# out by TIMEOUT.
CONNECT_TIMEOUT = 1.0

# What goes wrong with Redis, in the server's words.

FAILURES = (RedisError, OSError, TimeoutError)
# What the server puts behind its words: keys, with numbers and addresses in them.
ARGUMENTS = re.compile(r",? with args beginning with.*", re.DOTALL)
# A server that does not take writes while it has no replica says the latter.
NOT_THE_ONE = ("READONLY", "NOREPLICAS")


class Undiscovered(Disconnected):
    """Nobody says which server is the one to be asked."""


def describe_failure(error: BaseException) -> str:
    """The server's own words or those of the system, without an address or a key: one line."""
    if isinstance(error, TooSlow):
        return "no answer in time"
    # redis-py names host and port in front of what the system said.
    below = error.__cause__ or error.__context__
    if isinstance(error, RedisError) and isinstance(below, OSError):
        return describe_error(below)
    return ARGUMENTS.sub("", describe_error(error))


def is_demoted(error: BaseException) -> bool:
    """Whether we ask a server that no longer is the one to be written to. Redis 6 says so in the
    middle of a script's error.
    """
    if isinstance(error, ReadOnlyError | ClusterDownError):  # and MASTERDOWN
        return True
    return isinstance(error, ResponseError) and any(word in str(error) for word in NOT_THE_ONE)


def is_lost(error: BaseException) -> bool:
    """Whether a connection that was open was closed, or took a command and brought no answer in
    time. A server that does not even accept a new one is down, and nobody waits for it twice.
    """
    if isinstance(error, Undiscovered):
        return False
    return isinstance(error, Disconnected | TooSlow) and "connecting" not in str(error)


class Connections(Protocol):
    """Those to one server, to whichever is the primary, or to a cluster."""

    async def ask(self, *command: str | bytes | int) -> Any:
        """Whichever server has the key. Raises what redis-py does, and `Undiscovered`."""

    async def ask_each(self, *command: str | bytes | int) -> dict[str, Any]:
        """The answer of each server by its address, or what went wrong with it; first of all those
        that are written to.
        """

    async def close(self) -> None: ...


Options = dict[str, Any]  # arguments of a connection of redis-py
Command = tuple[str | bytes | int, ...]
Asked = tuple[Command, "asyncio.Future[Any]"]


class SharedConnection:
    """Opened when it is needed. A command in a pool of connections, each with its own turn of the
    loop and its own write, takes three times as much of our CPU: 76 us in place of 27, and 15 where
    four are given at once.
    """

    def __init__(
        self,
        options: Options,
        *,
        is_tls: bool = False,
        find: Callable[[], Awaitable[Options]] | None = None,
    ) -> None:
        """`find` is asked for host and port before each new connection, where they may change."""
        self._kind: Any = SSLConnection if is_tls else Connection
        if "path" in options:
            self._kind = UnixDomainSocketConnection
        self._options, self._find, self._name = options, find, _name_of(options)
        self._connection: Any = None
        self._is_outdated = False
        self._waiting: list[Asked] = []
        self._sending: asyncio.Task[None] | None = None

    def drop(self) -> None:
        """The connection, once what is under way is answered: the server is another one now."""
        self._is_outdated = True

    async def ask_each(self, *command: str | bytes | int) -> dict[str, Any]:
        try:
            answer = await self.ask(*command)
        except FAILURES as error:
            answer = error
        return {self._name: answer}

    async def ask(self, *command: str | bytes | int) -> Any:
        """Raises what redis-py does."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await answer

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def _send(self) -> None:
        """What is asked for while an answer is waited for goes with the next ones."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._exchange(batch)
        finally:
            self._sending = None

    async def _exchange(self, batch: list[Asked]) -> None:
        """After a failover our connection may still lead to the old server, alive and read-only;
        and a network that forgot a connection which rested tells nobody. Then it is dropped, and
        the address is looked up again.
        """
        try:
            demoted = await self._is_demoted_in(batch)
        except BaseException as error:
            await self._replace()
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            if demoted:
                await self._replace()

    async def _is_demoted_in(self, batch: list[Asked]) -> bool:
        """With the answers given to those who wait for them, also where one says so."""
        if self._is_outdated:
            await self._replace()
        connection = self._connection
        if connection is None or not connection.is_connected:
            connection = await self._connected()
        # redis-py packs in Python, which takes five times as long.
        commands = [pack_command(cast(Any, command)) for command, _ in batch]
        try:
            async with asyncio.timeout(TIMEOUT):
                await connection.send_packed_command(commands, check_health=False)
                return any([await self._is_demoted(answer) for _, answer in batch])
        except TimeoutError as error:
            raise TooSlow("no answer in time") from error

    async def _is_demoted(self, answer: "asyncio.Future[Any]") -> bool:
        """By the next answer. Whoever waited for it may have gone."""
        try:
            reply = await self._connection.read_response()
        except ResponseError as error:
            if not answer.done():
                answer.set_exception(error)
            return is_demoted(error)
        if not answer.done():
            answer.set_result(reply)
        return False

    async def _replace(self) -> None:
        before, self._connection, self._is_outdated = self._connection, None, False
        if before is not None:
            await before.disconnect(nowait=True)

    async def _connected(self) -> Any:
        options = self._options | (await self._find() if self._find else {})
        self._name = _name_of(options)
        connection = self._connection = self._kind(
            **options,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=CONNECT_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        await connection.connect()
        # One for all of a batch, above; redis-py's own is a task for each write and a timer for
        # each answer.
        connection.socket_timeout = None
        return connection


def _name_of(options: Options) -> str:
    """As operators write it."""
    return str(options.get("path") or f"{options.get('host')}:{options.get('port')}")
