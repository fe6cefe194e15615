-- Where no texts go to strangers for now. Times by the clock of the database.

-- name: list_stops
-- Those in force, and those of a breaker that wait for a probe. seconds_left: negative once the time
-- is over; is_full: of so many networks (most) one went since then; probe_age: of the newest, null
-- without one.
SELECT kind, key, room, is_allowed, reason, seconds, coalesce(sent >= :most, false) AS is_full,
       extract(epoch FROM until - clock_timestamp())::float AS seconds_left,
       extract(epoch FROM clock_timestamp() - newest)::float AS probe_age
FROM send_stops s
LEFT JOIN LATERAL (
  SELECT count(*) AS sent, max(at) AS newest FROM send_probes p
  WHERE (p.kind, p.key, p.room) = (s.kind, s.key, s.room) AND p.at > s.until
) probes ON true
WHERE until > clock_timestamp() OR reason = 'conversion';

-- name: start_stop
-- By the breaker, for so many seconds. No row where there is one already; an operator's whose time is
-- over is none.
INSERT INTO send_stops AS s (kind, key, room, reason, until, seconds)
VALUES (:kind, :key, :room, 'conversion', clock_timestamp() + make_interval(secs => :seconds), :seconds)
ON CONFLICT (kind, key, room) DO UPDATE SET
  is_allowed = false, reason = excluded.reason, since = clock_timestamp(), until = excluded.until,
  seconds = excluded.seconds, probe = NULL, probed_at = NULL
WHERE s.reason <> 'conversion' AND s.until <= clock_timestamp()
RETURNING 1;

-- name: lock_stop
-- Probes are counted one after the other.
SELECT 1 FROM send_stops WHERE kind = :kind AND key = :key AND room = :room FOR UPDATE;

-- name: take_probe
-- Once the time is over, for a network that has none, or had it long enough ago: then it waits twice
-- as long for the next. most: of so many networks. No row for the others.
INSERT INTO send_probes AS p (kind, key, room, network, probe, seconds)
SELECT kind, key, room, :network, :probe, :first FROM send_stops s
WHERE kind = :kind AND key = :key AND room = :room AND reason = 'conversion'
  AND until <= clock_timestamp()
  AND (SELECT count(*) FROM send_probes t
       WHERE (t.kind, t.key, t.room) = (s.kind, s.key, s.room) AND t.at > s.until) < :most
ON CONFLICT (kind, key, room, network) DO UPDATE SET
  probe = excluded.probe, at = excluded.at, seconds = least(2 * p.seconds, :longest)
WHERE p.at < clock_timestamp() - make_interval(secs => p.seconds)
RETURNING 1;

-- name: drop_probes
-- Of a stop that another has replaced.
DELETE FROM send_probes WHERE kind = :kind AND key = :key AND room = :room;

-- name: release_probe
-- It was not sent.
DELETE FROM send_probes WHERE probe = :probe;

-- name: release_unsent_probes
-- Those that never reached the provider, which nobody could have proved.
DELETE FROM send_probes
WHERE probe = ANY(ARRAY(
  SELECT id FROM deliveries
  WHERE id = ANY(ARRAY(SELECT probe FROM send_probes))
    AND state IN ('refused', 'failed', 'expired', 'cancelled') AND provider_id IS NULL
));

-- name: lengthen_stops
-- Where all probes (most) were in vain, the last for lasts seconds: twice as long, up to longest.
UPDATE send_stops s SET
  seconds = least(2 * s.seconds, :longest),
  until = clock_timestamp() + make_interval(secs => least(2 * s.seconds, :longest))
FROM (
  SELECT t.kind, t.key, t.room, max(p.at) AS newest
  FROM send_stops t JOIN send_probes p USING (kind, key, room)
  WHERE p.at > t.until GROUP BY t.kind, t.key, t.room HAVING count(*) >= :most
) used
WHERE (s.kind, s.key, s.room) = (used.kind, used.key, used.room) AND s.reason = 'conversion'
  AND s.until < used.newest AND used.newest < clock_timestamp() - make_interval(secs => :lasts)
RETURNING s.kind, s.key, s.room, s.seconds;

-- name: end_stops
-- Of a breaker, of which a probe was among these, and was proved.
DELETE FROM send_stops s USING send_probes p
WHERE p.probe = ANY(:probes::uuid[]) AND (s.kind, s.key, s.room) = (p.kind, p.key, p.room)
  AND s.reason = 'conversion'
RETURNING s.kind, s.key, s.room;

-- name: override_stop
-- By an operator, for so many seconds from now, whatever was there.
INSERT INTO send_stops (kind, key, room, is_allowed, reason, until, seconds)
VALUES (:kind, :key, :room, :is_allowed, :reason,
        clock_timestamp() + make_interval(secs => :seconds), :seconds)
ON CONFLICT (kind, key, room) DO UPDATE SET
  is_allowed = excluded.is_allowed, reason = excluded.reason, since = clock_timestamp(),
  until = excluded.until, seconds = excluded.seconds, probe = NULL, probed_at = NULL;
