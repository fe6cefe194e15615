"""One connection to Redis for a whole process: commands given at once travel together."""

import asyncio
from typing import Any, cast

from hiredis import pack_command
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ClusterDownError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as TooSlow

from app.settings.redis_url import parse_redis_url

# Seconds. Long enough for a busy server, short enough that a page hardly waits.
TIMEOUT = 0.25
# A cold process opens it while it has other work; a hung server still accepts at once, and is found
# out by TIMEOUT.
CONNECT_TIMEOUT = 1.0
KINDS = {"redis": Connection, "rediss": SSLConnection, "unix": UnixDomainSocketConnection}


def is_demoted(error: BaseException) -> bool:
    """Whether we ask a server that no longer is the one to be written to. Redis 6 says so in the
    middle of a script's error.
    """
    if isinstance(error, ReadOnlyError | ClusterDownError):  # and MASTERDOWN
        return True
    return isinstance(error, ResponseError) and "READONLY" in str(error)


def is_lost(error: BaseException) -> bool:
    """Whether a connection that was open was closed, or took a command and brought no answer in
    time. A server that does not even accept a new one is down, and nobody waits for it twice.
    """
    return isinstance(error, Disconnected | TooSlow) and "connecting" not in str(error)


Command = tuple[str | bytes | int, ...]
Asked = tuple[Command, "asyncio.Future[Any]"]


class SharedConnection:
    """Opened when it is needed. A command in a pool of connections, each with its own turn of the
    loop and its own write, takes three times as much of our CPU: 76 us in place of 27, and 15 where
    four are given at once.
    """

    def __init__(self, url: str) -> None:
        """Raises `BadRedisUrl`."""
        self._kind, self._where = KINDS[url.partition(":")[0]], parse_redis_url(url)
        self._connection: Any = self._new()
        self._waiting: list[Asked] = []
        self._sending: asyncio.Task[None] | None = None

    async def ask(self, *command: str | bytes | int) -> Any:
        """Raises what redis-py does."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await answer

    async def close(self) -> None:
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
        connection = self._connection
        if not connection.is_connected:
            await connection.connect()
            # One for all of a batch, below; redis-py's own is a task for each write and a timer for
            # each answer.
            connection.socket_timeout = None
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
        before, self._connection = self._connection, self._new()
        await before.disconnect(nowait=True)

    def _new(self) -> Any:
        return self._kind(
            **self._where,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=CONNECT_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
