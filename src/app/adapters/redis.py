"""Redis: the short memory. It may forget or fall silent; nobody loses more than a detour by it."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha1
from time import monotonic
from typing import Any, cast

from redis.exceptions import (
    NoPermissionError,
    NoScriptError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as TooSlow

from app.adapters.outages import Outages, describe_error
from app.adapters.redis_connection import SharedConnection, is_demoted, is_lost
from app.domain.concurrency import SingleFlight
from app.domain.errors import Unavailable
from app.domain.ports import CountResult, ReachedLimit, Tally

# What goes wrong with Redis, in the server's words.

FAILURES = (RedisError, OSError, TimeoutError)
# What the server puts behind its words: keys, with numbers and addresses in them.
ARGUMENTS = re.compile(r",? with args beginning with.*", re.DOTALL)


def describe_failure(error: BaseException) -> str:
    """The server's own words or those of the system, without an address or a key: one line."""
    if isinstance(error, TooSlow):
        return "no answer in time"
    # redis-py names host and port in front of what the system said.
    below = error.__cause__ or error.__context__
    if isinstance(error, RedisError) and isinstance(below, OSError):
        return describe_error(below)
    return ARGUMENTS.sub("", describe_error(error))


# After a failure nobody asks again for this long, so that a hung server is waited for only once.
SILENCE = 1.0
CHECKED = timedelta(seconds=10)  # how long what a check writes may stay
NEEDED = "Redis 6.2 or newer, or Valkey"
# One hash tag keeps all keys of a script in one slot of a cluster.
TAG = "{latchkey}:"
# Under any other, a server that is full forgets single keys, those of a tally too.
POLICY = "noeviction"

# KEYS: when counting began, how many keys the server had evicted by then, then one sorted set a
# tally, entries scored by their time in ms. A key that was evicted since, or a server that does not
# tell, is as good as a flush: nobody knows which tally it was.
# ARGV: the ms since an entry of the caller's was missed (-1: never), then for each tally its entry,
# its number of windows, each window's seconds and limit, its number of waits, each wait. Two
# passes: look at all tallies first, enter only when none is full. One that holds its entry already,
# since an answer was lost or someone tries again, is left as it is.
# Returns {seconds counted} and, for the first full tally, its index, the ms to wait, 1 for a wait.
COUNT = """
local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)
local since, missed = redis.call('GET', KEYS[1]), tonumber(ARGV[1])
local began = missed >= 0 and now - missed or 0
local stats, seen = redis.pcall('INFO', 'stats'), redis.call('GET', KEYS[2]) or '0'
local evicted = type(stats) == 'string' and string.match(stats, 'evicted_keys:(%d+)')
if evicted ~= seen then began = now end
if evicted and evicted ~= seen then redis.call('SET', KEYS[2], evicted) end
if not since then began = now end
if not since or began > since + 1000 then redis.call('SET', KEYS[1], began); since = began end
local age, at, longest, entry = math.floor((now - since) / 1000), 2, {}, {}
for i = 3, #KEYS do
  local key, full, waiting = KEYS[i], 0, 0
  longest[i], entry[i] = 0, ARGV[at]
  local n = tonumber(ARGV[at + 1]); at = at + 2
  for w = 1, n do
    local span, limit = tonumber(ARGV[at]) * 1000, tonumber(ARGV[at + 1]); at = at + 2
    longest[i] = math.max(longest[i], span)
    if redis.call('ZCOUNT', key, now - span + 1, '+inf') >= limit then
      local nth = limit > 0 and redis.call('ZREVRANGE', key, limit - 1, limit - 1, 'WITHSCORES')
      full = math.max(full, nth and nth[2] + span - now or span)
    end
  end
  local m = tonumber(ARGV[at]); at = at + 1
  local recent = m > 0 and redis.call('ZCOUNT', key, now - 3600000 + 1, '+inf') or 0
  if recent > 0 then
    local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
    local wait = last[2] + ARGV[at + math.min(recent, m) - 1] * 1000 - now
    if wait > full then full, waiting = wait, 1 end
  end
  at = at + m
  local entered = redis.call('ZSCORE', key, entry[i])
  if entered and entered + longest[i] > now then
    entry[i] = false
  elseif full > 0 then
    return {age, i - 3, full, waiting}
  end
end
for i = 3, #KEYS do
  if entry[i] then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - longest[i])
    redis.call('ZADD', KEYS[i], now, entry[i])
    redis.call('PEXPIRE', KEYS[i], longest[i])
  end
end
return {age}
"""


COUNT_DIGEST = sha1(COUNT.encode()).hexdigest()  # noqa: S324 - how Redis names a script


class Redis:
    """The `ShortMemory` port."""

    def __init__(self, url: str, prefix: str = "") -> None:
        """`prefix` stands before every key. Raises `BadRedisUrl`."""
        self._connection = SharedConnection(url)
        self._tag, self._leaving = prefix + TAG, SingleFlight[None]()
        self._silent_until = 0.0
        self._outages, self._reason = Outages("Redis"), ""
        self._missed_at: float | None = None

    async def close(self) -> None:
        await self._connection.close()

    async def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        milliseconds = int(lifetime.total_seconds() * 1000)
        await self._ask("SET", self._tag + key, value, "PX", milliseconds)

    async def get(self, key: str) -> bytes | None:
        return cast(bytes | None, await self._ask("GET", self._tag + key))

    async def take(self, key: str) -> bytes | None:
        return cast(bytes | None, await self._ask("GETDEL", self._tag + key))

    async def count(self, tallies: Sequence[Tally], entry: str) -> CountResult:
        args: list[str | int] = [
            len(tallies) + 2,
            self._tag + "counting_since",
            self._tag + "evicted",
            *(self._tag + tally.key for tally in tallies),
            self._since_missed(),
        ]
        for tally in tallies:
            args.extend((tally.entry or entry, len(tally.windows)))
            args.extend(n for window in tally.windows for n in (window.seconds, window.limit))
            args.extend((len(tally.waits), *tally.waits))
        try:
            age, *full = await self._run_count(args)
        except Unavailable:
            self._missed_at = monotonic()
            raise
        if not full:
            return CountResult(None, age)
        index, milliseconds, waiting = full
        return CountResult(ReachedLimit(index, max(1, -(-milliseconds // 1000)), waiting == 1), age)

    def _since_missed(self) -> int:
        """Milliseconds; -1 when everything that this process counted was heard."""
        return -1 if self._missed_at is None else int((monotonic() - self._missed_at) * 1000)

    async def _run_count(self, args: Sequence[str | int]) -> list[int]:
        """By its digest, which a server that has just started does not know yet."""
        try:
            return cast(list[int], await self._ask("EVALSHA", COUNT_DIGEST, *args))
        except NoScriptError:
            return cast(list[int], await self._ask("EVAL", COUNT, *args))

    async def uncount(self, tallies: Sequence[Tally], entry: str) -> None:
        """Also where whoever asks goes away meanwhile."""

        async def remove() -> None:
            leaving = ((self._tag + tally.key, tally.entry or entry) for tally in tallies)
            await asyncio.gather(*(self._ask("ZREM", *each) for each in leaving))

        await self._leaving.run(entry, remove)

    async def check(self) -> str:
        await self.put("health", b"", CHECKED)
        await self.take("health")
        policy = (await self._information()).get("maxmemory_policy", "not told")
        if policy == POLICY:
            return ""
        return f"maxmemory-policy is {policy}, set it to {POLICY}: limits ask PostgreSQL too"

    async def incompatibility(self) -> str:
        """Why this server can never be used; "" for nothing, and where it cannot be asked now."""
        try:
            await self._answer("GETDEL", self._tag + "health")
            return ""
        except FAILURES as error:
            if "unknown command" not in str(error):
                return ""
        version = (await self._information()).get("redis_version", "of some version")
        return f"Redis {version} has no GETDEL. Latchkey needs {NEEDED}."

    async def _information(self) -> dict[str, str]:
        """Empty where our user may not ask for it."""
        try:
            text: bytes = await self._ask("INFO")
        except NoPermissionError:
            return {}
        lines = (line.partition(":") for line in text.decode().splitlines())
        return {name: value for name, _, value in lines}

    async def _ask(self, *command: str | bytes | int) -> Any:
        """Raises `Unavailable`; what the caller can do something about stays what it is."""
        if monotonic() < self._silent_until:
            raise Unavailable(reason=self._reason)
        try:
            answer = await self._answer(*command)
        except (NoScriptError, NoPermissionError):
            raise
        except FAILURES as error:
            # One that answers keeps nobody waiting, and may take the next command.
            if is_demoted(error) or not isinstance(error, ResponseError):
                self._silent_until = monotonic() + SILENCE
            self._reason = describe_failure(error)
            self._outages.report_failure(self._reason)
            raise Unavailable(reason=self._reason) from error
        self._outages.report_recovery()
        return answer

    async def _answer(self, *command: str | bytes | int) -> Any:
        """Once more over a new connection where the first one led nowhere, or to a server that no
        longer is the one: no command minds.
        """
        try:
            return await self._connection.ask(*command)
        except FAILURES as error:
            if not (is_demoted(error) or is_lost(error)):
                raise
        return await self._connection.ask(*command)
