-- Notes that all was refilled. Whatever makes Redis begin to count anew, a flush or an eviction,
-- voids the note, as it holds when counting began. After a day nothing is older than the memory.
-- KEYS: when counting began, the note, that a refill is under way. ARGV: when counting began at the
-- start of the refill, a number of `Refilled`, the ms until the next one where this was in vain.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1] .. ':' .. ARGV[2], 'PX', 86400000)
else
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
end
