-- Passwords that are tried. `device` of a budget is that of a known one, in hex, or '' for all
-- strangers together. Beside it is a share: of an address that strangers are at, such as
-- 203.0.113.7/32, or of all known devices, 'known'. Rows of one account are locked in one order: the
-- share before its budget, which sorts before it. So no two that hold some of them wait for each
-- other.

-- name: count_attempt
-- Counts an attempt as wrong, unless a budget is full or must wait, and looks up whoever has the
-- contact in the same turn, as they are when it begins: nulls for nobody.
-- subject: of the contact. device: whose budget. free: how many of it may be wrong without a wait,
-- in free_seconds; below them that time forgives; after them each further one doubles the wait: 1, 2,
-- 4 ... 60 minutes. A day after the first of them all starts anew, so that one an hour from one
-- address keeps no lock for ever.
-- share: the address, or 'known'. most_of_share: how many that may hold, in share_seconds since the
-- last one, or since the first where it is 'known', so that one now and then does not fill it.
-- Nothing is counted unless both have room; the share is told from the rest by `shared`.
WITH share AS (
  INSERT INTO password_budgets AS b (subject, device, wrong)
  SELECT :subject::bytea, :share::text, 1 WHERE :most_of_share > 0
  ON CONFLICT (subject, device) DO UPDATE SET
    wrong = CASE WHEN CASE WHEN :device = '' THEN b.last_wrong_at ELSE b.counted_since END
                      < clock_timestamp() - make_interval(secs => :share_seconds::int)
      THEN 1 ELSE b.wrong + 1 END,
    counted_since = CASE
      WHEN b.counted_since < clock_timestamp() - make_interval(secs => :share_seconds::int)
      THEN clock_timestamp() ELSE b.counted_since END,
    last_wrong_at = clock_timestamp()
  WHERE b.wrong < :most_of_share
    OR CASE WHEN :device = '' THEN b.last_wrong_at ELSE b.counted_since END
       < clock_timestamp() - make_interval(secs => :share_seconds::int)
  RETURNING 1
),
counted AS (
  INSERT INTO password_budgets AS b (subject, device, wrong)
  SELECT :subject::bytea, :device::text, 1 WHERE :free > 0 AND EXISTS (SELECT FROM share)
  ON CONFLICT (subject, device) DO UPDATE SET
    wrong = CASE
      WHEN b.last_wrong_at < clock_timestamp() - make_interval(secs => :free_seconds::int)
           AND b.wrong < :free
           OR b.counted_since < clock_timestamp() - interval '1 day'
      THEN 1 ELSE b.wrong + 1 END,
    counted_since = CASE
      WHEN b.last_wrong_at < clock_timestamp() - make_interval(secs => :free_seconds::int)
           AND b.wrong < :free
           OR b.counted_since < clock_timestamp() - interval '1 day'
      THEN clock_timestamp() ELSE b.counted_since END,
    last_wrong_at = clock_timestamp()
  WHERE least(b.counted_since + interval '1 day', b.last_wrong_at + CASE
    WHEN b.wrong < :free::int THEN interval '0'
    ELSE least(interval '60 minutes', interval '1 minute' * 2 ^ least(b.wrong - :free::int, 6))
    END) <= clock_timestamp()
  RETURNING 1
)
SELECT EXISTS (SELECT FROM share) AS shared, EXISTS (SELECT FROM counted) AS counted,
       id, phone, email, password_hash, password_changed_at
FROM (SELECT) attempt LEFT JOIN users ON :contact IN (email, phone);

-- name: find_wait
-- Seconds until a budget that is full lets another one in, by the rule of count_attempt.
SELECT extract(epoch FROM least(b.counted_since + interval '1 day', b.last_wrong_at + CASE
    WHEN b.wrong < :free::int THEN interval '0'
    ELSE least(interval '60 minutes', interval '1 minute' * 2 ^ least(b.wrong - :free::int, 6))
    END) - clock_timestamp())::float
FROM password_budgets b WHERE subject = :subject AND device = :device;

-- name: find_share_wait
-- Seconds until a share that is held for share_seconds is free.
SELECT :share_seconds - extract(epoch FROM clock_timestamp() - last_wrong_at)::float
FROM password_budgets WHERE subject = :subject AND device = :share;

-- name: count_wrong_on_record
-- Of a network: how many were wrong within `seconds`, and with how many other accounts than this.
-- The first condition is that of the index, as is a clock that stands still.
SELECT count(*) AS wrong,
       count(DISTINCT details->>'account') FILTER (WHERE details->>'account' <> :account) AS others
FROM audit_events
WHERE event LIKE '%refused' AND event = 'password:refused' AND network = :network
  AND details->>'device' IS DISTINCT FROM 'known'
  AND at > statement_timestamp() - make_interval(secs => :seconds);

-- name: undo_attempt
-- Of an attempt that was counted and then not looked at. Of its budget (device) there is only one at a
-- time beyond the free ones, and it was let in, so the wait before it was over.
WITH held AS (
  SELECT subject, device FROM password_budgets
  WHERE subject = :subject AND device = ANY(:devices::text[])
  ORDER BY device DESC FOR UPDATE
)
UPDATE password_budgets b SET wrong = wrong - 1, last_wrong_at = CASE
  WHEN wrong > :free AND b.device = :device THEN last_wrong_at - interval '60 minutes'
  ELSE last_wrong_at END
FROM held WHERE (b.subject, b.device) = (held.subject, held.device) AND wrong > 0;

-- name: find_device_epoch
-- Of whoever has the contact.
SELECT device_epoch FROM users WHERE :contact IN (email, phone);

-- name: forgive_all
-- But for the shares of other addresses than `share`.
WITH held AS (
  SELECT subject, device FROM password_budgets
  WHERE subject = :subject AND (device NOT LIKE '%/%' OR device = :share::text)
  ORDER BY device DESC FOR UPDATE
)
DELETE FROM password_budgets b USING held
WHERE (b.subject, b.device) = (held.subject, held.device);

-- name: forgive_attempt
-- What was wrong before a right password counts no more; no row where the password was replaced
-- since it was looked at. Waits for whoever is about to replace it, and holds off whoever comes
-- after. subject, devices: the rows of the attempt.
WITH unchanged AS (
  SELECT 1 FROM users
  WHERE id = :user_id AND password_changed_at IS NOT DISTINCT FROM :changed_at FOR SHARE
),
held AS (
  SELECT subject, device FROM password_budgets
  WHERE subject = :subject AND device = ANY(:devices::text[]) AND EXISTS (SELECT FROM unchanged)
  ORDER BY device DESC FOR UPDATE
),
forgiven AS (
  DELETE FROM password_budgets b USING held
  WHERE (b.subject, b.device) = (held.subject, held.device)
)
SELECT 1 FROM unchanged;

-- name: rehash
-- The same password, as it is hashed now.
UPDATE users SET password_hash = :fresh WHERE id = :id AND password_hash = :password_hash;
