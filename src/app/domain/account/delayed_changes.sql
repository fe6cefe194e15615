-- What waits for a day because it was asked for without the phone: changes of a number or address,
-- and requests to confirm a session.

-- name: delay_change
-- The newest one of a kind counts, from now on. delay: until it is due.
INSERT INTO delayed_changes (id, user_id, kind, value, network, due_at)
VALUES (:id, :user_id, :kind, :value, :network, clock_timestamp() + :delay)
ON CONFLICT (user_id, kind) DO UPDATE SET
  id = excluded.id, value = excluded.value, network = excluded.network,
  asked_at = clock_timestamp(), due_at = excluded.due_at
RETURNING due_at;

-- name: list_waiting
-- usable: how long a request counts once it is due.
SELECT id, kind, value, due_at, false AS is_due FROM delayed_changes WHERE user_id = :user_id
UNION ALL SELECT id, 'confirmation', '', due_at, due_at <= clock_timestamp()
FROM confirmation_requests
WHERE user_id = :user_id AND due_at > clock_timestamp() - :usable::interval
ORDER BY due_at;

-- name: is_change_delayed
-- Of this very value.
SELECT EXISTS (
  SELECT 1 FROM delayed_changes WHERE user_id = :user_id AND kind = :kind AND value = :value
);

-- name: stop_waiting
-- Answers with what it was.
WITH changes AS (
  DELETE FROM delayed_changes WHERE user_id = :user_id AND id = :id RETURNING kind
),
requests AS (
  DELETE FROM confirmation_requests WHERE user_id = :user_id AND id = :id
  RETURNING 'confirmation' AS kind
)
SELECT kind FROM changes UNION ALL SELECT kind FROM requests;

-- name: list_due
-- At most so many, the oldest first. By a time that stands still, so that the index finds them.
SELECT id, user_id FROM delayed_changes WHERE due_at <= statement_timestamp()
ORDER BY due_at LIMIT :most;

-- name: take_due
-- No row when it was stopped, or another process took it.
DELETE FROM delayed_changes WHERE id = :id AND due_at <= clock_timestamp()
RETURNING kind, value, network;

-- name: drop_request
-- The number or address is another one now: whoever can read it confirms by it.
DELETE FROM confirmation_requests WHERE user_id = :user_id;

-- name: is_by_mailbox
-- Whoever asked for what waits may have the mailbox alone, if that has set the password.
SELECT password_reset_at IS NOT NULL FROM users WHERE id = :user_id;

-- name: list_taken_off
-- Numbers that were taken off since the mailbox has set the password. Such a password counts here
-- after a week: by then their owner is told of nothing else.
SELECT DISTINCT c.new_value FROM contact_changes c JOIN users u ON u.id = c.user_id
WHERE u.id = :user_id AND c.kind = 'phone' AND c.undone_at > u.password_reset_at;

-- name: request_confirmation
-- No row where one waits or can be used, which stays as it is. delay, usable: as above.
INSERT INTO confirmation_requests AS r (id, user_id, network, due_at)
VALUES (:id, :user_id, :network, clock_timestamp() + :delay)
ON CONFLICT (user_id) DO UPDATE SET
  id = excluded.id, network = excluded.network, asked_at = clock_timestamp(),
  due_at = excluded.due_at
WHERE r.due_at < clock_timestamp() - :usable::interval
RETURNING due_at;

-- name: use_request
-- No row where none can be used.
DELETE FROM confirmation_requests WHERE user_id = :user_id
  AND due_at BETWEEN clock_timestamp() - :usable::interval AND clock_timestamp()
RETURNING id;
