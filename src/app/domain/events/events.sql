-- Events: rows that a trigger adds in the transaction that causes them, one for each service that is
-- told. The order of one person's is that of `position`.

-- name: drop_receivers
-- All but these services.
DELETE FROM event_receivers WHERE service <> ALL(:services::text[]);

-- name: set_receiver
-- From the next transaction on, it is told of these events.
INSERT INTO event_receivers (service, events, scopes) VALUES (:service, :events, :scopes)
ON CONFLICT (service) DO UPDATE SET events = EXCLUDED.events, scopes = EXCLUDED.scopes;

-- name: claim_due
-- Takes up to so many due events of a service for 30 seconds: of each person the first that waits,
-- so that none overtakes another. With what the person has now, for whoever may know it. Due is by a
-- time that stands still, so that the index finds it; the list of positions is there for the
-- planner, as in outbox.sql.
WITH due AS MATERIALIZED (
  SELECT position FROM events e
  WHERE service = :service AND state = 'waiting' AND next_try_at <= statement_timestamp()
    AND NOT EXISTS (
      SELECT FROM events earlier
      WHERE earlier.user_id = e.user_id AND earlier.service = e.service
        AND earlier.position < e.position AND earlier.state = 'waiting'
    )
  ORDER BY next_try_at LIMIT :most FOR UPDATE SKIP LOCKED
),
claimed AS (
  UPDATE events e
  SET tries = e.tries + 1, next_try_at = clock_timestamp() + interval '30 seconds'
  WHERE position = ANY(ARRAY(SELECT position FROM due))
  RETURNING *
)
SELECT c.*, u.id IS NOT NULL AS is_there, u.phone, u.email, p.plan
FROM claimed c LEFT JOIN users u ON u.id = c.user_id
LEFT JOIN plan_choices p ON p.user_id = c.user_id;

-- name: record_answer
-- Of the try with this number; that it was delivered counts of any. delay: seconds until the next
-- try, where there is time for one. answer: in words. What waits behind it is due no earlier than
-- its next try, or claim_due would look at all of that each second; and at once when it is over.
WITH recorded AS (
  UPDATE events SET answer = :answer,
    next_try_at = clock_timestamp() + make_interval(secs => :delay),
    state = CASE WHEN :delivered THEN 'delivered'
                 WHEN clock_timestamp() + make_interval(secs => :delay) > expires_at THEN 'failed'
                 ELSE 'waiting' END
  WHERE position = :position AND state = 'waiting' AND (tries = :tries OR :delivered)
  RETURNING *
)
UPDATE events later
SET next_try_at = CASE r.state WHEN 'waiting' THEN r.next_try_at ELSE clock_timestamp() END
FROM recorded r
WHERE later.user_id = r.user_id AND later.service = r.service AND later.position > r.position
  AND later.state = 'waiting' AND later.tries = 0
  AND (r.state = 'waiting' OR later.next_try_at > clock_timestamp());

-- name: find_waiting
-- How many wait, and for how many seconds the oldest does, of each service that has any.
SELECT service, count(*) AS waiting,
  extract(epoch FROM clock_timestamp() - min(created_at))::int AS oldest
FROM events WHERE state = 'waiting' AND service = ANY(:services::text[])
GROUP BY service ORDER BY service;

-- name: list_events
-- The newest so many, the last first. service, state: null for any.
SELECT id, service, type, user_id, state, tries, answer, created_at FROM events
WHERE (:service::text IS NULL OR service = :service) AND (:state::text IS NULL OR state = :state)
ORDER BY position DESC LIMIT :most;

-- name: replay_events
-- Sends one event, or all since a time, again as if they had just happened. service: null for any.
WITH again AS (
  UPDATE events SET state = 'waiting', tries = 0, next_try_at = clock_timestamp(),
    expires_at = clock_timestamp() + interval '3 days'
  WHERE (id = :event_id OR created_at >= :since) AND (:service::text IS NULL OR service = :service)
  RETURNING 1
)
SELECT count(*) FROM again;
