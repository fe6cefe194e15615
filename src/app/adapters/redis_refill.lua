-- Enters what was counted in the past, as `redis_count.lua` would have at that time. What a tally
-- holds already keeps its time.
-- KEYS: that a refill is under way, then the tally of each entry. ARGV: the ms until it is taken for
-- one that has stopped, then for each entry its name, its age and the longest window in ms.
local now = redis.call('TIME'); now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
for i = 2, #KEYS do
  local entry, age, longest = ARGV[3 * i - 4], tonumber(ARGV[3 * i - 3]), tonumber(ARGV[3 * i - 2])
  if age < longest then
    redis.call('ZADD', KEYS[i], 'NX', now - age, entry)
    redis.call('PEXPIRE', KEYS[i], longest)
  end
end
