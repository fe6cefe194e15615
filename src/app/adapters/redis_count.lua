-- Counts one entry in several tallies, or in none when any is full.
-- KEYS: when counting began, how many keys the server had evicted by then, what `redis_end_refill.lua`
-- wrote, then one sorted set a tally, entries scored by their time in ms. A key that was evicted
-- since, or a server that does not tell, is as good as a flush: nobody knows which tally it was.
-- ARGV: the ms since an entry of the caller's was missed (-1: never), then for each tally its entry,
-- its number of windows, each window's seconds and limit, its number of waits, each wait. Two
-- passes: look at all tallies first, enter only when none is full. One that holds its entry already,
-- since an answer was lost or someone tries again, is left as it is.
-- Returns {seconds counted, a number of `Refilled`} and, for the first full tally, its index, the ms
-- to wait, 1 for a wait.
local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)
local kept, missed = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3]), tonumber(ARGV[1])
local since, seen, refilled = kept[1], kept[2] or '0', kept[3]
local began = missed >= 0 and now - missed or 0
local stats = redis.pcall('INFO', 'stats')
local evicted = type(stats) == 'string' and string.match(stats, 'evicted_keys:(%d+)')
if evicted ~= seen then began = now end
if evicted and evicted ~= seen then redis.call('SET', KEYS[2], evicted) end
if not since then began = now end
if not since or began > since + 1000 then
  redis.call('SET', KEYS[1], began); since, refilled = began, false
end
local age, at, longest, entry = math.floor((now - since) / 1000), 2, {}, {}
refilled = refilled and tonumber(string.match(refilled, '^' .. since .. ':(%d)$')) or 0
for i = 4, #KEYS do
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
    return {age, refilled, i - 4, full, waiting}
  end
end
for i = 4, #KEYS do
  if entry[i] then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - longest[i])
    redis.call('ZADD', KEYS[i], now, entry[i])
    redis.call('PEXPIRE', KEYS[i], longest[i])
  end
end
return {age, refilled}
