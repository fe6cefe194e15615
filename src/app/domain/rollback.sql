-- What was added to an account lately, and is taken back.

-- name: week_ago
-- By the clock of the database.
SELECT clock_timestamp() - interval '7 days';

-- name: find_earlier_value
-- The value from before the first change that still counts; null where there was no number. It has
-- to be later than when the newest value came that has stayed for a week at a stretch, by the end of
-- the week that begins at `since`.
SELECT old_value, old_doubted_at FROM contact_changes
WHERE user_id = :user_id AND kind = :kind AND undone_at IS NULL
  AND changed_at > (
    SELECT coalesce(max(changed_at), '-infinity') FROM (
      SELECT s.changed_at, least(lead(s.changed_at) OVER (ORDER BY s.changed_at),
        :since::timestamptz + interval '7 days') - s.changed_at AS stayed
      FROM contact_changes s
      WHERE s.user_id = :user_id AND s.kind = :kind AND s.undone_at IS NULL
    ) stays WHERE stayed >= interval '7 days'
  )
ORDER BY changed_at LIMIT 1;

-- name: mark_undone
-- The same changes.
UPDATE contact_changes SET undone_at = clock_timestamp()
WHERE user_id = :user_id AND kind = :kind AND undone_at IS NULL
  AND changed_at > (
    SELECT coalesce(max(changed_at), '-infinity') FROM (
      SELECT s.changed_at, least(lead(s.changed_at) OVER (ORDER BY s.changed_at),
        :since::timestamptz + interval '7 days') - s.changed_at AS stayed
      FROM contact_changes s
      WHERE s.user_id = :user_id AND s.kind = :kind AND s.undone_at IS NULL
    ) stays WHERE stayed >= interval '7 days'
  );

-- name: unlink_identities
-- One that the account was made with has the account's time (link_first of `federation/proofs.sql`).
DELETE FROM identities i USING users u
WHERE u.id = :user_id AND i.user_id = u.id
  AND i.created_at > greatest(u.created_at, :since)
RETURNING i.id;

-- name: drop_new_password
-- Not the one that the account was made with. Neither is an earlier one put in its place: that is
-- how the intruder may have got in. Nor is it kept as a former one, which would prove something
-- later.
UPDATE users SET password_hash = NULL, password_changed_at = NULL
WHERE id = :user_id AND password_changed_at > greatest(created_at, :since)
RETURNING id;

-- name: forget_devices
-- The intruder's too: its next sign-in is told.
UPDATE users SET device_epoch = device_epoch + 1 WHERE id = :user_id;

-- name: drop_waiting
-- What was asked for without the phone.
WITH requests AS (
  DELETE FROM confirmation_requests WHERE user_id = :user_id RETURNING 'confirmation' AS kind
),
changes AS (
  DELETE FROM delayed_changes WHERE user_id = :user_id RETURNING kind
)
SELECT kind FROM requests UNION ALL SELECT kind FROM changes;
