"""Redis: the short memory. It may forget or fall silent; nobody loses more than a detour by it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import TypeVar, cast

from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError

from app.domain.errors import Unavailable
from app.domain.ports import Count, Reached, Tally
from app.domain.queues import Together

T = TypeVar("T")

# Seconds. Long enough for a busy server, short enough that a page hardly waits.
TIMEOUT = 0.25
# A cold process opens many at once while it has other work; a hung server still accepts at once,
# and is found out by TIMEOUT.
CONNECT_TIMEOUT = 1.0
# At most so many at once; whoever finds all in use waits for a turn, which takes milliseconds.
CONNECTIONS = 20
TURN = 1.0
# After a failure nobody asks again for this long, so that a hung server is waited for only once.
SILENCE = 1.0
# One hash tag keeps all keys of a script in one slot of a cluster.
TAG = "{latchkey}:"

# KEYS: when counting began, then one sorted set a tally, entries scored by their time in ms.
# ARGV: the ms since an entry of the caller's was missed (-1: never), then for each tally its entry,
# its number of windows, each window's seconds and limit, its number of waits, each wait. Two
# passes: look at all tallies first, enter only when none is full. One that holds its entry already,
# since an answer was lost or somebody tries again, is left as it is.
# Returns {seconds counted} and, for the first full tally, its index, the ms to wait, 1 for a wait.
COUNT = """
local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)
local since, missed = redis.call('GET', KEYS[1]), tonumber(ARGV[1])
local began = missed >= 0 and now - missed or 0
if not since then began = now end
if not since or began > since + 1000 then redis.call('SET', KEYS[1], began); since = began end
local age, at, longest, entry = math.floor((now - since) / 1000), 2, {}, {}
for i = 2, #KEYS do
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
    return {age, i - 2, full, waiting}
  end
end
for i = 2, #KEYS do
  if entry[i] then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - longest[i])
    redis.call('ZADD', KEYS[i], now, entry[i])
    redis.call('PEXPIRE', KEYS[i], longest[i])
  end
end
return {age}
"""


class Redis:
    """The `ShortMemory` port."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=TURN,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=CONNECT_TIMEOUT,
            # For a connection that a restart closed. A timeout is not tried again: that is a server
            # that hangs, and a person waits.
            retry=Retry(ExponentialBackoff(cap=0.1, base=0.02), 1, (Disconnected,)),
            health_check_interval=15,
        )
        self._client = Client.from_pool(pool)
        self._count = self._client.register_script(COUNT)
        self._leaving: list[tuple[str, str]] = []
        self._batch = 0  # those in `_leaving`, by number
        self._together = Together[None]()
        self._silent_until = 0.0
        self._missed_at: float | None = None

    async def close(self) -> None:
        await self._client.aclose()

    async def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        await self._ask(lambda: self._client.set(TAG + key, value, px=lifetime))

    async def get(self, key: str) -> bytes | None:
        return cast(bytes | None, await self._ask(lambda: self._client.get(TAG + key)))

    async def take(self, key: str) -> bytes | None:
        return cast(bytes | None, await self._ask(lambda: self._client.getdel(TAG + key)))

    async def count(self, tallies: Sequence[Tally], entry: str) -> Count:
        keys = [TAG + "counting_since", *(TAG + tally.key for tally in tallies)]
        args: list[str | int] = [self._since_missed()]
        for tally in tallies:
            args.extend((tally.entry or entry, len(tally.windows)))
            args.extend(n for window in tally.windows for n in (window.seconds, window.limit))
            args.extend((len(tally.waits), *tally.waits))
        try:
            age, *full = await self._ask(lambda: self._count(keys=keys, args=args))
        except Unavailable:
            self._missed_at = monotonic()
            raise
        if not full:
            return Count(None, age)
        index, milliseconds, waiting = full
        return Count(Reached(index, max(1, -(-milliseconds // 1000)), waiting == 1), age)

    def _since_missed(self) -> int:
        """Milliseconds; -1 when everything that this process counted was heard."""
        return -1 if self._missed_at is None else int((monotonic() - self._missed_at) * 1000)

    async def uncount(self, tallies: Sequence[Tally], entry: str) -> None:
        """Those of one turn of the loop go together."""
        self._leaving.extend((TAG + tally.key, tally.entry or entry) for tally in tallies)
        await self._together(self._batch, self._remove)

    async def _remove(self) -> None:
        """Begins in the next turn of the loop; who comes from then on goes with the next ones."""
        leaving, self._leaving, self._batch = self._leaving, [], self._batch + 1
        async with self._client.pipeline(transaction=False) as pipe:
            for key, entry in leaving:
                pipe.zrem(key, entry)
            await self._ask(pipe.execute)

    async def ping(self) -> None:
        await self._ask(self._client.ping)

    async def _ask(self, command: Callable[[], Awaitable[T]]) -> T:
        if monotonic() < self._silent_until:
            raise Unavailable
        try:
            return await command()
        except (RedisError, OSError, TimeoutError) as error:
            self._silent_until = monotonic() + SILENCE
            raise Unavailable from error
