"""Redis Sentinel: which server is the primary is asked of the sentinels, at each new connection."""

import asyncio
from time import monotonic
from typing import Any, cast

from redis.asyncio import Sentinel
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError

from app.adapters.redis_connection import (
    CONNECT_TIMEOUT,
    FAILURES,
    TIMEOUT,
    Options,
    SharedConnection,
    Undiscovered,
    describe_failure,
)
from app.domain.concurrency import SingleFlight
from app.settings.redis_url import RedisParameters

# Seconds. A primary that was replaced while it was well takes writes for ten seconds more, until
# the sentinels tell it, and then forgets them.
LOOKED_EVERY = 1.0


class SentinelConnections:
    """One to the primary of a service. While it is used, the sentinels are asked again and again
    whether it still is the one.
    """

    def __init__(self, parameters: RedisParameters) -> None:
        self._parameters = parameters
        self._sentinel: Any = cast(Any, Sentinel)(
            parameters.nodes,
            sentinel_kwargs=parameters.sentinel_options
            | {
                "ssl": parameters.is_tls,
                "socket_timeout": TIMEOUT,
                "socket_connect_timeout": TIMEOUT,
                # A connection that the network forgot; one that is silent is not asked twice.
                "retry": Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
            },
        )
        self._discovering = SingleFlight[Options]()
        self._primary = self._new({}, self._discover)
        self._at: Options = {}
        self._looked_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def ask(self, *command: str | bytes | int) -> Any:
        if self._at and monotonic() - self._looked_at > LOOKED_EVERY:
            self._looked_at = monotonic()
            self._looking = asyncio.create_task(self._look_again())
        return await self._primary.ask(*command)

    async def ask_each(self, *command: str | bytes | int) -> dict[str, Any]:
        """The primary, and the replicas that are up."""
        answers = await self._primary.ask_each(*command)
        found = await self._sentinel.discover_replicas(self._parameters.service)
        replicas = [self._new({"host": host, "port": port}) for host, port in found]
        for answer in await asyncio.gather(*(each.ask_each(*command) for each in replicas)):
            answers |= answer
        await asyncio.gather(*(each.close() for each in replicas))
        return answers

    async def close(self) -> None:
        if self._looking:
            self._looking.cancel()
        await self._primary.close()
        await self._sentinel.aclose()

    def _new(self, where: Options, find: Any = None) -> SharedConnection:
        options = self._parameters.options | where
        return SharedConnection(options, is_tls=self._parameters.is_tls, find=find)

    async def _look_again(self) -> None:
        """Where no sentinel answers, or none knows better, the one we have is as good as any."""
        before = self._at
        try:
            now = await self._discover()
        except FAILURES:
            return
        if now != before:
            self._primary.drop()

    async def _discover(self) -> Options:
        self._at = await self._discovering.run("", self._ask_sentinels)
        self._looked_at = monotonic()
        return self._at

    async def _ask_sentinels(self) -> Options:
        """Raises `Undiscovered`."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                host, port = await self._sentinel.discover_master(self._parameters.service)
                return {"host": host, "port": port}
        except MasterNotFoundError:
            raise Undiscovered(await self._find_reason()) from None
        except ResponseError as error:
            raise Undiscovered(f"no sentinel answers: {describe_failure(error)}") from None
        except TimeoutError:
            raise Undiscovered("no sentinel answers in time") from None

    async def _find_reason(self) -> str:
        asked = (each.sentinel_masters() for each in self._sentinel.sentinels)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        known = [each for each in answers if not isinstance(each, BaseException)]
        if not known:
            [failure, *_] = [each for each in answers if isinstance(each, BaseException)]
            return f"no sentinel answers: {describe_failure(failure)}"
        if not any(self._parameters.service in each for each in known):
            return "no sentinel knows the service that REDIS_URL names"
        return "no sentinel knows a primary that is up"
