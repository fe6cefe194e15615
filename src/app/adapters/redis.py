"""Redis: the short memory. It may forget or fall silent; nobody loses more than a detour by it."""

import app.adapters.lean_redis  # isort: skip  # noqa: F401 - before redis

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha1
from pathlib import Path
from time import monotonic
from typing import Any, cast

from redis.exceptions import NoPermissionError, NoScriptError, ResponseError
from redis.exceptions import TimeoutError as TooSlow

from app.adapters.outages import Outages
from app.adapters.redis_cluster import ClusterConnections
from app.adapters.redis_connection import (
    FAILURES,
    TIMEOUT,
    Connections,
    SharedConnection,
    describe_failure,
    is_demoted,
    is_lost,
)
from app.adapters.redis_sentinel import SentinelConnections
from app.domain.concurrency import SingleFlight
from app.domain.errors import Unavailable
from app.domain.metrics import STORE_FAILURES
from app.domain.ports import CountResult, PastEntry, ReachedLimit, Refilled, Tally
from app.settings.redis_url import RedisParameters, parse_redis_url

# After a failure nobody asks again for this long, so that a hung server is waited for only once.
SILENCE = 1.0
# A server that was demoted answers these, while whatever has to be written is refused.
READING = ("GET", "EXISTS")
CHECKED = timedelta(seconds=10)  # how long what a check writes may stay
NEEDED = "Redis 6.2 or newer, or Valkey"
# One hash tag keeps all keys of a script in one slot of a cluster. There all others are spread.
TAG, SPREAD = "{latchkey}:", "latchkey:"
# Under any other, a server that is full forgets single keys, those of a tally too.
POLICY = "noeviction"


class Script:
    """Run by its digest, as Redis names it."""

    def __init__(self, file: str) -> None:
        self.file, self.text = file, Path(__file__).with_name(file).read_text(encoding="utf-8")
        self.digest = sha1(self.text.encode()).hexdigest()  # noqa: S324 - the name, no secret


COUNT, REFILL = Script("redis_count.lua"), Script("redis_refill.lua")
END_REFILL = Script("redis_end_refill.lua")
SCRIPTS = {each.digest: each.file for each in (COUNT, REFILL, END_REFILL)}
# Milliseconds. A refill that has entered nothing for so long has stopped half-way.
REFILLING = 60_000
# Where one was in vain, because Redis forgets again and again, the next has to wait.
IN_VAIN = 600_000


@dataclass(frozen=True, slots=True)
class Server:
    """`facts` is what INFO says, by name: empty where our user may not ask for it. `trouble` is why
    it said nothing.
    """

    address: str
    facts: dict[str, str]
    trouble: str = ""

    @property
    def is_primary(self) -> bool:
        return self.facts.get("role") == "master"

    @property
    def policy(self) -> str:
        return self.facts.get("maxmemory_policy", "not told")


class Redis:
    """The `ShortMemory` port."""

    def __init__(
        self,
        url: str,
        prefix: str = "",
        *,
        wrap: Callable[[Connections], Connections] | None = None,
    ) -> None:
        """`prefix` stands before every key; `wrap` is what stands before the connections. Raises
        `BadRedisUrl`.
        """
        parameters = parse_redis_url(url)
        connections = _connections(parameters)
        self._connections = wrap(connections) if wrap else connections
        self._has_several = bool(parameters.nodes)
        self._tag, self._leaving = prefix + TAG, SingleFlight[None]()
        self._alone = prefix + (SPREAD if parameters.is_cluster else TAG)
        self._since, self._refilled = self._tag + "counting_since", self._tag + "refilled"
        self._refilling = self._tag + "refilling"
        self._silent_until = 0.0
        self._outages, self._reason = Outages("Redis"), ""
        self._missed_at: float | None = None
        self.primaries = ""

    async def close(self) -> None:
        await self._connections.close()

    async def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        milliseconds = int(lifetime.total_seconds() * 1000)
        await self._ask("SET", self._alone + key, value, "PX", milliseconds)

    async def get(self, key: str) -> bytes | None:
        return cast(bytes | None, await self._ask("GET", self._alone + key))

    async def take(self, key: str) -> bytes | None:
        return cast(bytes | None, await self._ask("GETDEL", self._alone + key))

    async def count(self, tallies: Sequence[Tally], entry: str) -> CountResult:
        keys = [self._since, self._tag + "evicted", self._refilled]
        args: list[str | int] = [self._since_missed()]
        for tally in tallies:
            keys.append(self._tag + tally.key)
            if tally.credit:
                keys.append(self._tag + tally.credit)
            named = "" if tally.is_only_checked else tally.entry or entry
            args.extend((named, len(tally.windows)))
            args.extend(n for window in tally.windows for n in (window.seconds, window.limit))
            args.extend((len(tally.waits), *tally.waits, int(bool(tally.credit))))
        try:
            age, refilled, is_full, *rest = await self._run(COUNT, (len(keys), *keys, *args))
        except Unavailable:
            self._missed_at = monotonic()
            raise
        if not is_full:
            return CountResult(None, age, Refilled(refilled), tuple(rest))
        index, milliseconds, waiting = rest
        reached = ReachedLimit(index, max(1, -(-milliseconds // 1000)), waiting == 1)
        return CountResult(reached, age, Refilled(refilled))

    def _since_missed(self) -> int:
        """Milliseconds; -1 when everything that this process counted was heard."""
        return -1 if self._missed_at is None else int((monotonic() - self._missed_at) * 1000)

    async def _run(self, script: Script, args: Sequence[str | int]) -> Any:
        """By its digest, which a server that has just started does not know yet."""
        try:
            return await self._ask("EVALSHA", script.digest, *args)
        except NoScriptError:
            return await self._ask("EVAL", script.text, *args)

    async def uncount(self, tallies: Sequence[Tally], entry: str) -> None:
        """Also where whoever asks goes away meanwhile."""

        async def remove() -> None:
            leaving = ((self._tag + tally.key, tally.entry or entry) for tally in tallies)
            await asyncio.gather(*(self._ask("ZREM", *each) for each in leaving))

        await self._leaving.run(entry, remove)

    async def holds_any(self, tallies: Sequence[Tally]) -> bool:
        return bool(await self._ask("EXISTS", *(self._tag + tally.key for tally in tallies)))

    async def begin_refill(self) -> str:
        """It is called by when it began to count."""
        if not await self._ask("SET", self._refilling, "", "NX", "PX", REFILLING):
            return ""
        return (await self._ask("GET", self._since) or b"").decode()

    async def refill(self, entries: Sequence[PastEntry]) -> None:
        keys = [self._tag + each.tally.key for each in entries]
        args: list[str | int] = [len(keys) + 1, self._refilling, *keys, REFILLING]
        for each in entries:
            longest = max(window.seconds for window in each.tally.windows)
            args.extend((each.entry, int(each.age * 1000), longest * 1000))
        await self._run(REFILL, args)

    async def end_refill(self, name: str, refilled: Refilled) -> None:
        keys = (self._since, self._refilled, self._refilling)
        await self._run(END_REFILL, (len(keys), *keys, name, int(refilled), IN_VAIN))

    async def check(self) -> str:
        await self.put("health", b"", CHECKED)
        await self.take("health")
        servers = await self.look_at_servers()
        if self._has_several:
            self.primaries = ", ".join(each.address for each in servers if each.is_primary)
        for server in servers:
            of = f" of {server.address}" if self._has_several else ""
            if server.trouble:
                return f"the server{of} says nothing: {server.trouble}"
            if server.policy != POLICY:
                return (
                    f"maxmemory-policy{of} is {server.policy}, set it to {POLICY}:"
                    " limits ask PostgreSQL too"
                )
        return ""

    async def incompatibility(self) -> str:
        """Why this server can never be used; "" for nothing, and where it cannot be asked now."""
        try:
            await self._answer("GETDEL", self._alone + "health")
            return ""
        except FAILURES as error:
            if "unknown command" not in str(error):
                return ""
        server, *_ = await self.look_at_servers()
        version = server.facts.get("redis_version", "of some version")
        return f"Redis {version} has no GETDEL. Needed is {NEEDED}."

    async def look_at_servers(self) -> list[Server]:
        """All that there are, those that are written to first. Raises `Unavailable`."""
        try:
            answers = await self._connections.ask_each("INFO")
        except FAILURES as error:
            self._note_failure(error)
            raise Unavailable(reason=self._reason) from error
        return [_server(address, answer) for address, answer in answers.items()]

    async def _ask(self, *command: str | bytes | int) -> Any:
        """Raises `Unavailable`; what the caller can do something about stays what it is."""
        began = monotonic()
        if began < self._silent_until:
            raise Unavailable(reason=self._reason)
        try:
            answer = await self._answer(*command)
        except (NoScriptError, NoPermissionError):
            raise
        except asyncio.CancelledError:
            # Whoever gives up has waited for all that come next, too.
            if monotonic() - began > TIMEOUT:
                self._note_failure(TooSlow())
            raise
        except FAILURES as error:
            self._note_failure(error)
            raise Unavailable(reason=self._reason) from error
        if command[0] not in READING:
            self._outages.report_recovery()
        return answer

    def _note_failure(self, error: BaseException) -> None:
        # One that answers keeps nobody waiting, and may take the next command.
        if is_demoted(error) or not isinstance(error, ResponseError):
            self._silent_until = monotonic() + SILENCE
        self._reason = describe_failure(error)
        STORE_FAILURES.add("redis", "timeout" if isinstance(error, TooSlow) else "error")
        self._outages.report_failure(self._reason)

    async def _answer(self, *command: str | bytes | int) -> Any:
        """Once more over a new connection where the first one led nowhere, or to a server that no
        longer is the one: no command minds.
        """
        try:
            return await self._connections.ask(*command)
        except FAILURES as error:
            if not (is_demoted(error) or is_lost(error)):
                raise
        return await self._connections.ask(*command)


def _connections(parameters: RedisParameters) -> Connections:
    if parameters.is_cluster:
        return ClusterConnections(parameters)
    if parameters.service:
        return SentinelConnections(parameters)
    return SharedConnection(parameters.options, is_tls=parameters.is_tls)


def _server(address: str, answer: bytes | BaseException) -> Server:
    if isinstance(answer, NoPermissionError):
        return Server(address, {})
    if isinstance(answer, BaseException):
        return Server(address, {}, describe_failure(answer))
    lines = (line.partition(":") for line in answer.decode().splitlines())
    return Server(address, {name: value for name, _, value in lines})
