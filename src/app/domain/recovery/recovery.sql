-- Recoveries. Their state is their newest code, a verification of the address.

-- name: find_phone
-- Of whoever has the address.
SELECT phone FROM users WHERE email = :email;

-- name: lock_owner
-- Whoever opens a session is waited for, and waits: it is ended, or it began after.
SELECT id FROM users WHERE email = :email FOR UPDATE;

-- name: use_proof
-- No row for all but the first who use it.
UPDATE email_verifications SET user_id = :user_id
WHERE id = :id AND user_id IS NULL AND ended_at IS NULL RETURNING id;

-- name: end_proof
-- It proved an address that has no account.
UPDATE email_verifications SET ended_at = clock_timestamp() WHERE id = :id;

-- name: replace_password
-- By mail, so for a week it is no proof beside the mailbox.
UPDATE users SET password_hash = :password_hash, password_changed_at = clock_timestamp(),
  password_reset_at = clock_timestamp()
WHERE id = :user_id;

-- name: find_taken_back
-- What the end of that recovery has written.
SELECT details ->> 'taken_back' FROM audit_events
WHERE user_id = :user_id AND flow_id = :flow_id AND event = 'recovery:completed'
ORDER BY at DESC LIMIT 1;
