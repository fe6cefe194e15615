-- How many texts of the last hour were proved, and how many were not: to a region or block, or from
-- a network, of strangers and of those who have proved an e-mail address. What never reached the
-- provider costs nothing, and nobody could have entered it. settled: seconds before one counts as
-- not proved.

-- name: count_region
-- most: as which one network counts at most.
SELECT coalesce(sum(least(strangers_unproved, :most)), 0)::int AS strangers_unproved,
       coalesce(sum(strangers_proved), 0)::int AS strangers_proved,
       coalesce(sum(least(mailed_unproved, :most)), 0)::int AS mailed_unproved,
       coalesce(sum(mailed_proved), 0)::int AS mailed_proved
FROM (
  SELECT count(*) FILTER (WHERE room <> 'mailed' AND NOT proved
           AND created_at < statement_timestamp() - make_interval(secs => :settled)) AS strangers_unproved,
         count(*) FILTER (WHERE room <> 'mailed' AND proved) AS strangers_proved,
         count(*) FILTER (WHERE room = 'mailed' AND NOT proved
           AND created_at < statement_timestamp() - make_interval(secs => :settled)) AS mailed_unproved,
         count(*) FILTER (WHERE room = 'mailed' AND proved) AS mailed_proved
  FROM deliveries
  WHERE region = :key AND channel = 'sms' AND address <> ''
    AND created_at > statement_timestamp() - interval '1 hour'
    AND room NOT IN ('accounts', 'known', 'withheld')
    AND NOT (state IN ('refused', 'failed', 'expired', 'cancelled') AND provider_id IS NULL)
  GROUP BY network
) networks;

-- name: count_place
-- As count_region, of the block or the network; the other is null.
SELECT count(*) FILTER (WHERE room <> 'mailed' AND NOT proved
         AND created_at < statement_timestamp() - make_interval(secs => :settled))::int AS strangers_unproved,
       count(*) FILTER (WHERE room <> 'mailed' AND proved)::int AS strangers_proved,
       count(*) FILTER (WHERE room = 'mailed' AND NOT proved
         AND created_at < statement_timestamp() - make_interval(secs => :settled))::int AS mailed_unproved,
       count(*) FILTER (WHERE room = 'mailed' AND proved)::int AS mailed_proved
FROM deliveries
WHERE (block = :block OR network = :network) AND channel = 'sms' AND address <> ''
  AND created_at > statement_timestamp() - interval '1 hour'
  AND room NOT IN ('accounts', 'known', 'withheld')
  AND NOT (state IN ('refused', 'failed', 'expired', 'cancelled') AND provider_id IS NULL);

-- name: proves_texts
-- Whether more numbers were proved from the network than texts were not, of the newest (most) in 14
-- days. Numbers, so that one that is proved again and again counts once. A text that was sent a
-- moment ago was not proved yet.
SELECT count(DISTINCT destination) FILTER (WHERE proved) > count(*) FILTER (WHERE NOT proved)
FROM (
  SELECT destination, proved FROM deliveries
  WHERE network = :network AND channel = 'sms' AND address <> ''
    AND created_at > statement_timestamp() - interval '14 days'
    AND room NOT IN ('accounts', 'known', 'withheld')
    AND NOT (state IN ('refused', 'failed', 'expired', 'cancelled') AND provider_id IS NULL)
  ORDER BY created_at DESC LIMIT :most
) newest;
