-- Where no texts go to strangers for now. Times by the clock of the database.

-- name: list_stops
-- Those in force, and those of a breaker that wait for their probe. seconds_left: negative once the
-- time is over; probe_age: null without one.
SELECT kind, key, room, is_allowed, reason, seconds, probe,
       extract(epoch FROM until - clock_timestamp())::float AS seconds_left,
       extract(epoch FROM clock_timestamp() - probed_at)::float AS probe_age
FROM send_stops
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

-- name: take_probe
-- For one caller alone. No row for the others, nor before the time is over.
UPDATE send_stops SET probe = :probe, probed_at = clock_timestamp()
WHERE kind = :kind AND key = :key AND room = :room AND reason = 'conversion'
  AND until <= clock_timestamp() AND probe IS NULL
RETURNING 1;

-- name: release_probe
-- It was not sent.
UPDATE send_stops SET probe = NULL, probed_at = NULL WHERE probe = :probe RETURNING 1;

-- name: release_unsent_probes
-- Those that never reached the provider, which nobody could have proved.
UPDATE send_stops SET probe = NULL, probed_at = NULL
WHERE probe = ANY(ARRAY(
  SELECT id FROM deliveries
  WHERE id = ANY(ARRAY(SELECT probe FROM send_stops WHERE probe IS NOT NULL))
    AND state IN ('refused', 'failed', 'expired', 'cancelled') AND provider_id IS NULL
));

-- name: lengthen_stops
-- Whose probe was not proved within lasts seconds: twice as long, up to longest.
UPDATE send_stops SET
  seconds = least(2 * seconds, :longest), probe = NULL, probed_at = NULL,
  until = clock_timestamp() + make_interval(secs => least(2 * seconds, :longest))
WHERE probe IS NOT NULL AND probed_at < clock_timestamp() - make_interval(secs => :lasts)
RETURNING kind, key, room, seconds;

-- name: end_stops
-- Whose probe was among these, and was proved.
DELETE FROM send_stops WHERE probe = ANY(:probes::uuid[]) RETURNING kind, key, room;

-- name: override_stop
-- By an operator, for so many seconds from now, whatever was there.
INSERT INTO send_stops (kind, key, room, is_allowed, reason, until, seconds)
VALUES (:kind, :key, :room, :is_allowed, :reason,
        clock_timestamp() + make_interval(secs => :seconds), :seconds)
ON CONFLICT (kind, key, room) DO UPDATE SET
  is_allowed = excluded.is_allowed, reason = excluded.reason, since = clock_timestamp(),
  until = excluded.until, seconds = excluded.seconds, probe = NULL, probed_at = NULL;
