-- How the parts of a deployment do that are no store and no vendor.

-- name: read_clock
-- In seconds since 1970.
SELECT extract(epoch FROM clock_timestamp())::float;

-- name: find_waiting
-- What is to be sent, by channel and kind: how many messages, for how many seconds the oldest one
-- has waited, and for how many the one that is overdue longest. What is in hand is not overdue.
SELECT channel, CASE WHEN address = '' THEN 'notice' ELSE 'code' END AS kind, count(*) AS messages,
  extract(epoch FROM clock_timestamp() - min(created_at))::float AS age,
  greatest(0, extract(epoch FROM clock_timestamp() - min(next_try_at)))::float AS overdue
FROM deliveries WHERE state IN ('queued', 'sending')
GROUP BY 1, 2 ORDER BY 1, 2;
