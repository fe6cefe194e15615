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
  SELECT count(*) FILTER (WHERE d.room <> 'mailed' AND v.consumed_at IS NULL
           AND d.created_at < statement_timestamp() - make_interval(secs => :settled)) AS strangers_unproved,
         count(v.consumed_at) FILTER (WHERE d.room <> 'mailed') AS strangers_proved,
         count(*) FILTER (WHERE d.room = 'mailed' AND v.consumed_at IS NULL
           AND d.created_at < statement_timestamp() - make_interval(secs => :settled)) AS mailed_unproved,
         count(v.consumed_at) FILTER (WHERE d.room = 'mailed') AS mailed_proved
  FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
  WHERE d.region = :key AND d.channel = 'sms' AND d.address <> ''
    AND d.created_at > statement_timestamp() - interval '1 hour'
    AND d.room NOT IN ('known', 'withheld')
    AND NOT (d.state IN ('refused', 'failed', 'expired') AND d.provider_id IS NULL)
  GROUP BY d.network
) networks;

-- name: count_block
-- As count_region.
SELECT count(*) FILTER (WHERE d.room <> 'mailed' AND v.consumed_at IS NULL
         AND d.created_at < statement_timestamp() - make_interval(secs => :settled))::int AS strangers_unproved,
       count(v.consumed_at) FILTER (WHERE d.room <> 'mailed')::int AS strangers_proved,
       count(*) FILTER (WHERE d.room = 'mailed' AND v.consumed_at IS NULL
         AND d.created_at < statement_timestamp() - make_interval(secs => :settled))::int AS mailed_unproved,
       count(v.consumed_at) FILTER (WHERE d.room = 'mailed')::int AS mailed_proved
FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
WHERE d.block = :key AND d.channel = 'sms' AND d.address <> ''
  AND d.created_at > statement_timestamp() - interval '1 hour'
  AND d.room NOT IN ('known', 'withheld')
  AND NOT (d.state IN ('refused', 'failed', 'expired') AND d.provider_id IS NULL);

-- name: count_network
-- As count_region.
SELECT count(*) FILTER (WHERE d.room <> 'mailed' AND v.consumed_at IS NULL
         AND d.created_at < statement_timestamp() - make_interval(secs => :settled))::int AS strangers_unproved,
       count(v.consumed_at) FILTER (WHERE d.room <> 'mailed')::int AS strangers_proved,
       count(*) FILTER (WHERE d.room = 'mailed' AND v.consumed_at IS NULL
         AND d.created_at < statement_timestamp() - make_interval(secs => :settled))::int AS mailed_unproved,
       count(v.consumed_at) FILTER (WHERE d.room = 'mailed')::int AS mailed_proved
FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
WHERE d.network = :key AND d.channel = 'sms' AND d.address <> ''
  AND d.created_at > statement_timestamp() - interval '1 hour'
  AND d.room NOT IN ('known', 'withheld')
  AND NOT (d.state IN ('refused', 'failed', 'expired') AND d.provider_id IS NULL);
