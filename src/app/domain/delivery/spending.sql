-- What texts and calls cost. The trigger `charge_for_text` of `deliveries` spends, in the transaction
-- that queues; here is what it reads, and what is told of it.

-- name: put_in_force
-- The budget of a day and all prices, by which everything is charged from now on: one element of
-- each list for each region; text and call are those of any other. Written only where it differs, so that no start waits
-- for those who spend.
WITH priced AS (
  INSERT INTO text_prices AS p (region, text, call)
  SELECT * FROM unnest(:regions::text[], :texts::bigint[], :calls::bigint[])
  ON CONFLICT (region) DO UPDATE SET text = EXCLUDED.text, call = EXCLUDED.call
  WHERE (p.text, p.call) <> (EXCLUDED.text, EXCLUDED.call)
),
dropped AS (
  DELETE FROM text_prices WHERE region <> ALL(:regions::text[])
)
INSERT INTO text_budget AS b (currency, budget, dearest, text, call)
VALUES (:currency, :budget, :dearest, :text, :call)
ON CONFLICT (one) DO UPDATE
SET currency = EXCLUDED.currency, budget = EXCLUDED.budget, dearest = EXCLUDED.dearest,
  text = EXCLUDED.text, call = EXCLUDED.call
WHERE (b.currency, b.budget, b.dearest, b.text, b.call)
  <> (EXCLUDED.currency, EXCLUDED.budget, EXCLUDED.dearest, EXCLUDED.text, EXCLUDED.call);

-- name: prepare_days
-- The rows of today and tomorrow, so that nobody waits for a transaction that makes them first.
INSERT INTO text_spending (day, shard)
SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date + days, generate_series(1, 16)
FROM generate_series(0, 1) days
ON CONFLICT DO NOTHING;

-- name: find_spent
-- Of today, in UTC. No row where no budget was ever put in force.
SELECT today.day, currency, budget,
  (SELECT coalesce(sum(spent), 0) FROM text_spending s WHERE s.day = today.day)::bigint AS spent
FROM text_budget, (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day) today;

-- name: forget_warnings
-- Of the day by another budget: what is left of this one was told to nobody.
DELETE FROM text_warnings WHERE day = :day AND (budget, currency) <> (:budget, :currency);

-- name: claim_warning
-- One caller is answered, and tells of it: the first of a day that reached so much. Nobody is once
-- more was reached. A trigger writes the events.
INSERT INTO text_warnings (day, percent, spent, budget, currency)
SELECT :day, :percent, :spent, :budget, :currency
WHERE NOT EXISTS (SELECT FROM text_warnings WHERE day = :day AND percent >= :percent)
ON CONFLICT DO NOTHING
RETURNING percent;

-- name: pay_again
-- Pays today for a text or call that may have gone out `uncertain` times, and is sent once more: each
-- time is paid, at the price of today. One that is paid already, as it was not taken then, costs no
-- more. Returns null where the budget had room for it, which it has where none is in force; otherwise
-- the seconds until the next day, by the clock that tells the day.
WITH due AS MATERIALIZED (
  SELECT d.id, b.budget, b.dearest, least(price.amount, (:uncertain + 1) * price.amount - d.cost) AS amount,
    (clock_timestamp() AT TIME ZONE 'UTC')::date AS day
  FROM deliveries d
  CROSS JOIN text_budget b
  LEFT JOIN text_prices p ON p.region = d.region
  CROSS JOIN LATERAL (
    SELECT CASE WHEN d.weight > 1 THEN coalesce(p.call, b.call) ELSE coalesce(p.text, b.text) END AS amount
  ) price
  WHERE d.id = :id
),
spent AS MATERIALIZED (
  SELECT id, day, amount, amount <= 0 OR spend_on_texts(
    day, (SELECT coalesce(sum(spent), 0)::bigint FROM text_spending s WHERE s.day = due.day),
    amount, budget, dearest, true) AS has_room
  FROM due
),
paid AS (
  UPDATE deliveries d SET cost = cost + amount FROM spent
  WHERE d.id = spent.id AND has_room AND amount > 0
)
SELECT extract(epoch FROM (day + 1)::timestamp AT TIME ZONE 'UTC' - clock_timestamp())::float
FROM spent WHERE NOT has_room;

-- name: find_regions
-- Texts and calls of the last hour and day, those to known numbers included, and what they cost. The
-- dearest first.
SELECT region, count(*) FILTER (WHERE is_recent) AS sent_hour, count(*) AS sent_day,
  count(*) FILTER (WHERE proved AND is_recent) AS proved_hour,
  count(*) FILTER (WHERE proved) AS proved_day,
  coalesce(sum(cost) FILTER (WHERE is_recent), 0)::bigint AS cost_hour,
  coalesce(sum(cost), 0)::bigint AS cost_day
FROM (
  SELECT coalesce(region, '') AS region, cost, proved,
    created_at > statement_timestamp() - interval '1 hour' AS is_recent
  FROM deliveries
  WHERE channel = 'sms' AND room <> 'withheld'
    AND created_at > statement_timestamp() - interval '1 day'
) texts
GROUP BY region ORDER BY cost_day DESC, region;

-- name: find_cost_of_signups
-- What they cost, and how many numbers were proved by them.
SELECT coalesce(sum(d.cost), 0)::bigint AS cost, count(DISTINCT v.id) FILTER (
  WHERE v.consumed_at IS NOT NULL
) AS proved
FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
WHERE d.channel = 'sms' AND d.purpose = 'signup'
  AND d.created_at > statement_timestamp() - make_interval(days => :days);
