-- The account page: a new password, and sessions that are ended from another one.

-- name: change_password
-- by_phone: confirmed by the phone. Whoever has the mailbox alone gets no other proof by a second
-- change.
UPDATE users SET password_hash = :password_hash, password_changed_at = clock_timestamp(),
  password_reset_at = CASE WHEN :by_phone THEN NULL ELSE password_reset_at END,
  device_epoch = device_epoch + 1
WHERE id = :user_id;

-- name: count_session_ends
-- In the last so many seconds. Only those that ended something, one a form.
SELECT count(*) FROM audit_events
WHERE user_id = :user_id AND at > statement_timestamp() - make_interval(secs => :seconds)
  AND event IN ('session:ended', 'session:all_ended') AND details->>'reason' = :reason;
