"""The SQL of passwords that are tried."""

FREE = 5  # wrong ones within a quarter of an hour before there is a wait at all
# Wrong ones of all devices that somebody has signed in from, within a quarter of an hour: as many
# as from an address, whose room they do not take.
KNOWN_TOGETHER = 20

# $1 subject, $2 device, $3 the address. Below the free ones a quarter of an hour forgives; after
# them each further one doubles the wait: 1, 2, 4 ... 60 minutes. No row: it is locked. Whoever has
# the address is looked up in the same turn, as they are when it begins: nulls for nobody.
LOCKED_UNTIL = """
b.last_wrong_at + CASE WHEN b.wrong < {free} THEN interval '0'
  ELSE least(interval '60 minutes', interval '1 minute' * 2 ^ least(b.wrong - {free}, 6)) END
"""
COUNT = f"""
WITH counted AS (
  INSERT INTO password_budgets AS b (subject, device, wrong)
  SELECT $1::bytea, $2::text, 1 WHERE $2 = '' OR {KNOWN_TOGETHER} > (
    SELECT coalesce(sum(wrong), 0) FROM password_budgets
    WHERE subject = $1 AND device NOT IN ('', $2)
      AND last_wrong_at > clock_timestamp() - interval '15 minutes'
  )
  ON CONFLICT (subject, device) DO UPDATE SET
    wrong = CASE WHEN b.last_wrong_at < clock_timestamp() - interval '15 minutes'
                      AND b.wrong < {FREE} THEN 1 ELSE b.wrong + 1 END,
    last_wrong_at = clock_timestamp()
  WHERE {LOCKED_UNTIL.format(free=FREE)} <= clock_timestamp()
  RETURNING 1
)
SELECT id, password_hash, password_changed_at FROM counted LEFT JOIN users ON email = $3
"""
WAIT = f"""
SELECT extract(epoch FROM {LOCKED_UNTIL.format(free=FREE)} - clock_timestamp())::float
FROM password_budgets b WHERE subject = $1 AND device = $2
"""
# Of a network: how many were wrong, and with how many other accounts than this. The first condition
# is that of the index, as is a clock that stands still.
WRONG_ON_RECORD = """
SELECT count(*) AS wrong,
       count(DISTINCT details->>'account') FILTER (WHERE details->>'account' <> $3) AS others
FROM audit_events
WHERE event LIKE '%refused' AND event = 'password:refused' AND network = $1
  AND details->>'device' IS DISTINCT FROM 'known'
  AND at > statement_timestamp() - make_interval(secs => $2)
"""
# Of an attempt that was counted and then not looked at. Beyond the free ones there is only one at a
# time, and it was let in, so the wait before it was over.
UNDO = f"""
UPDATE password_budgets SET wrong = wrong - 1, last_wrong_at = CASE WHEN wrong > {FREE}
  THEN last_wrong_at - interval '60 minutes' ELSE last_wrong_at END
WHERE subject = $1 AND device = $2 AND wrong > 0
"""
FORGIVE_ALL = "DELETE FROM password_budgets WHERE subject = $1"

# Waits for whoever is about to replace the password, and holds off whoever comes after. With what
# is forgiven by it, in one turn: $3 and $4 are the subject and device of the attempt.
UNCHANGED = """
WITH unchanged AS (
  SELECT 1 FROM users WHERE id = $1 AND password_changed_at IS NOT DISTINCT FROM $2 FOR SHARE
), forgiven AS (
  DELETE FROM password_budgets
  WHERE subject = $3 AND device = $4 AND EXISTS (SELECT FROM unchanged)
)
SELECT 1 FROM unchanged
"""
REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3"
