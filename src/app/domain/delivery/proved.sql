-- Texts whose code was entered.

-- name: mark_proved
-- Those that carried the code of a verification. age: in seconds.
UPDATE deliveries SET proved = true
WHERE verification_id = :verification AND channel = 'sms' AND address <> ''
RETURNING id, destination, coalesce(region, '') AS region, address, network, room, weight,
          extract(epoch FROM statement_timestamp() - created_at)::float AS age;

-- name: lock_counting
-- One process counts at a time; the others leave it to that one.
SELECT pg_try_advisory_xact_lock(727283);

-- name: count_settled
-- Adds what was sent in whole tens of minutes that ended a quarter of an hour ago, when no code of
-- that time can be entered any more, as far as that was not done before; at most so many hours at
-- once. Notices are no sends. Returns whether there may be more.
WITH marks AS (
  SELECT since, least(settled, date_bin('10 minutes', since, 'epoch')
                               + make_interval(hours => :hours)) AS until, settled
  FROM (
    SELECT date_bin('10 minutes', statement_timestamp() - interval '15 minutes', 'epoch') AS settled,
      coalesce(
        (SELECT max(slot) FROM send_counts) + interval '10 minutes',
        (SELECT date_bin('10 minutes', min(created_at), 'epoch') FROM deliveries
         WHERE created_at > statement_timestamp() - interval '14 days'),
        statement_timestamp()
      ) AS since
  ) bounds
),
counted AS (
  INSERT INTO send_counts (channel, region, room, slot, sent, proved)
  SELECT channel, coalesce(region, ''), room, date_bin('10 minutes', created_at, 'epoch'),
         sum(weight), coalesce(sum(weight) FILTER (WHERE proved), 0)
  FROM deliveries
  WHERE address <> '' AND created_at >= (SELECT since FROM marks)
    AND created_at < (SELECT until FROM marks)
  GROUP BY 1, 2, 3, 4
),
marked AS (
  INSERT INTO send_counts (channel, region, room, slot, sent, proved)
  SELECT '', '', '', until - interval '10 minutes', 0, 0 FROM marks WHERE until > since
  ON CONFLICT DO NOTHING
)
SELECT until > since AND until < settled FROM marks;

-- name: find_proved
-- Texts to the region whose code was entered, in the busiest hour and the busiest day of 14 days;
-- the present ones, which have not ended, included.
WITH marks AS (
  SELECT greatest(
    statement_timestamp() - interval '1 day',
    coalesce((SELECT max(slot) FROM send_counts) + interval '10 minutes', '-infinity')
  ) AS counted
),
proved AS (
  SELECT slot AS at, proved FROM send_counts
  WHERE channel = 'sms' AND region = :region
    AND slot > statement_timestamp() - interval '14 days'
  UNION ALL
  SELECT created_at, weight FROM deliveries
  WHERE channel = 'sms' AND region = :region AND address <> '' AND proved
    AND created_at >= (SELECT counted FROM marks)
    AND created_at >= statement_timestamp() - interval '1 day'
),
hours AS (SELECT sum(proved) AS proved FROM proved GROUP BY date_bin('1 hour', at, 'epoch')),
days AS (SELECT sum(proved) AS proved FROM proved GROUP BY date_bin('1 day', at, 'epoch')),
present AS (
  SELECT sum(proved) FILTER (WHERE at > statement_timestamp() - interval '1 hour') AS hour,
         sum(proved) FILTER (WHERE at > statement_timestamp() - interval '1 day') AS day
  FROM proved
)
SELECT coalesce(greatest((SELECT max(proved) FROM hours), hour), 0)::int AS hour,
       coalesce(greatest((SELECT max(proved) FROM days), day), 0)::int AS day
FROM present;
