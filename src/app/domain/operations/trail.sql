-- The audit trail as an operator reads it.

-- name: find_of_person
-- The newest of what is on record of them; event may be null.
SELECT id, at, event, user_id, network, request_id, details FROM audit_events
WHERE user_id = :user_id AND (:event::text IS NULL OR event = :event)
  AND at >= coalesce(:since::timestamptz, '-infinity')
ORDER BY at DESC, id DESC LIMIT :most;

-- name: find_of_event
-- The newest of that name.
SELECT id, at, event, user_id, network, request_id, details FROM audit_events
WHERE event = :event AND at >= coalesce(:since::timestamptz, '-infinity')
ORDER BY at DESC, id DESC LIMIT :most;

-- name: find_all
-- The newest of all: ids follow the time but for transactions that take long.
SELECT id, at, event, user_id, network, request_id, details FROM audit_events
WHERE at >= coalesce(:since::timestamptz, '-infinity')
ORDER BY id DESC LIMIT :most;
