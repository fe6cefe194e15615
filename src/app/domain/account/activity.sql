-- What happened to an account, as its owner reads it.

-- name: list_activity
-- The newest of those events, or the newest before a time (before), which may be null.
SELECT at, event, network, details FROM audit_events
WHERE user_id = :user_id AND at < coalesce(:before::timestamptz, 'infinity')
  AND event = ANY(:events::text[])
ORDER BY at DESC, id DESC LIMIT :most;
