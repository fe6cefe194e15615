-- Figures of the last days. Times are compared with the start of the statement, as elsewhere.

-- name: count_codes
-- By channel: codes, those that somebody guessed at, that were right at once, that were proved, and
-- seconds from a code to its proof. Ids grow with time (UUIDv7), so first_id and last_id, which are
-- a little wider apart than the days, make their index one of time.
SELECT channel, count(*) AS codes, count(*) FILTER (WHERE attempts > 0) AS guessed,
  count(*) FILTER (WHERE attempts = 1 AND consumed_at IS NOT NULL) AS right_at_once,
  count(consumed_at) AS proved, avg(seconds)::float AS mean,
  percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY seconds) AS percentiles
FROM (
  SELECT 'sms' AS channel, attempts, consumed_at,
    date_part('epoch', consumed_at - created_at) AS seconds
  FROM phone_verifications
  WHERE id > :first_id::uuid AND id < :last_id::uuid
    AND created_at > statement_timestamp() - make_interval(days => :days::int)
  UNION ALL
  SELECT 'email', attempts, consumed_at,
    date_part('epoch', consumed_at - created_at)
  FROM email_verifications
  WHERE id > :first_id::uuid AND id < :last_id::uuid
    AND created_at > statement_timestamp() - make_interval(days => :days::int)
) codes
GROUP BY channel ORDER BY channel DESC;

-- name: count_deliveries
-- Codes by channel, region and sender: messages, those a vendor took, those that arrived by its receipt, and
-- seconds until each.
SELECT channel, coalesce(region, '') AS region, coalesce(sender, '') AS sender, count(*) AS messages, count(sent_at) AS taken,
  count(*) FILTER (WHERE state = 'delivered') AS arrived,
  percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY until_taken) AS until_taken,
  percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY until_arrived) AS until_arrived
FROM (
  SELECT channel, region, sender, state, sent_at,
    date_part('epoch', sent_at - created_at) AS until_taken,
    CASE WHEN state = 'delivered' AND reason IS NULL  -- one that came back later was written again
         THEN date_part('epoch', updated_at - created_at) END AS until_arrived
  FROM deliveries
  WHERE created_at > statement_timestamp() - make_interval(days => :days::int) AND address <> ''
    AND room <> 'withheld'  -- which are among the refused
) sent
GROUP BY channel, region, sender ORDER BY channel DESC, messages DESC, region, sender;

-- name: count_refused_sends
-- By limit: each contact once an hour.
SELECT refusal, limit_name, count(*) AS times FROM refused_sends
WHERE hour > statement_timestamp() - make_interval(days => :days::int)
  AND hour <= statement_timestamp()
GROUP BY refusal, limit_name ORDER BY times DESC, limit_name;

-- name: count_events
-- How often each of these happened.
SELECT event, count(*) AS times FROM audit_events
WHERE event = ANY(:events::text[])
  AND at > statement_timestamp() - make_interval(days => :days::int)
GROUP BY event;

-- name: sum_signup_cost
-- What texts and calls to people who sign up have cost, in millionths of the currency; none of this
-- where no prices are in force. Sign-ins take another room.
SELECT currency, (
  SELECT coalesce(sum(cost), 0)::bigint FROM deliveries
  WHERE created_at > statement_timestamp() - make_interval(days => :days::int)
    AND purpose = 'signup' AND room IN ('strangers', 'mailed')
) AS cost
FROM text_budget;
