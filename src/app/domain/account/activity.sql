-- What happened to an account, as its owner reads it.

-- name: list_activity
-- The newest of those events, or the newest before one: its time (before) and its number
-- (before_id), of which either may be null. Those of one transaction have the same time.
SELECT id, at, event, network, details FROM audit_events
WHERE user_id = :user_id AND event = ANY(:events::text[])
  -- Said twice: the pair finds no months of a partitioned table.
  AND at <= coalesce(:before::timestamptz, 'infinity')
  AND (at, id) < (coalesce(:before::timestamptz, 'infinity'), coalesce(:before_id::bigint, 0))
ORDER BY at DESC, id DESC LIMIT :most;
