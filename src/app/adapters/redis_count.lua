-- Counts one entry in several tallies, or in none when any is full.
-- KEYS: when counting began, how many keys the server had evicted by then, what `redis_end_refill.lua`
-- wrote, then one sorted set a tally, entries scored by their time in ms, and behind it that of its
-- credit, if it has one: each entry there makes room for another one. A key that was evicted
-- since, or a server that does not tell, is as good as a flush: nobody knows which tally it was.
-- ARGV: the ms since an entry of the caller's was missed (-1: never), then for each tally its entry
-- ('' where none is to be entered), its number of windows, each window's seconds and limit, its number
-- of waits, each wait, and 1 if it has a credit, else 0. Two passes: look at all tallies first, enter
-- only when none is full. One that holds its entry already, since an answer was lost or someone tries
-- again, is left as it is.
-- Returns {seconds counted, a number of `Refilled`, 1} and, for the first full tally, its index, the
-- ms to wait, 1 for a wait. Where none is full, a 0 in the place of the 1, and how many entries each
-- tally had in its first window.
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
local answer, tallies, i, index = {age, 0, 0}, {}, 4, -1
refilled = refilled and tonumber(string.match(refilled, '^' .. since .. ':(%d)$')) or 0
answer[2] = refilled
while i <= #KEYS do
  local key, full, waiting, first, credit = KEYS[i], 0, 0, 0, false
  index = index + 1
  entry[index], longest[index], tallies[index] = ARGV[at], 0, key
  local n = tonumber(ARGV[at + 1]); at = at + 2
  local m = tonumber(ARGV[at + 2 * n])
  if ARGV[at + 2 * n + 1 + m] == '1' then credit = KEYS[i + 1]; i = i + 1 end
  for w = 1, n do
    local span, limit = tonumber(ARGV[at]) * 1000, tonumber(ARGV[at + 1]); at = at + 2
    longest[index] = math.max(longest[index], span)
    if credit then limit = limit + redis.call('ZCOUNT', credit, now - span + 1, '+inf') end
    local count = redis.call('ZCOUNT', key, now - span + 1, '+inf')
    if w == 1 then first = count end
    if count >= limit then
      local nth = limit > 0 and redis.call('ZREVRANGE', key, limit - 1, limit - 1, 'WITHSCORES')
      full = math.max(full, nth and nth[2] + span - now or span)
    end
  end
  at = at + 1
  local recent = m > 0 and redis.call('ZCOUNT', key, now - 3600000 + 1, '+inf') or 0
  if recent > 0 then
    local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
    local wait = last[2] + ARGV[at + math.min(recent, m) - 1] * 1000 - now
    if wait > full then full, waiting = wait, 1 end
  end
  at = at + m + 1
  local entered = redis.call('ZSCORE', key, entry[index])
  if entered and entered + longest[index] > now then
    entry[index] = false
  elseif full > 0 then
    return {age, refilled, 1, index, full, waiting}
  end
  answer[index + 4] = first
  i = i + 1
end
for each = 0, index do
  if entry[each] and entry[each] ~= '' and longest[each] > 0 then
    redis.call('ZREMRANGEBYSCORE', tallies[each], '-inf', now - longest[each])
    redis.call('ZADD', tallies[each], now, entry[each])
    redis.call('PEXPIRE', tallies[each], longest[each])
  end
end
return answer
