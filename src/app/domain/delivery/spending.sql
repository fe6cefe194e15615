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

-- name: claim_warning
-- One caller is answered, and tells of it: the first of a day that reached so much. Nobody is once
-- more was reached. A trigger writes the events.
INSERT INTO text_warnings (day, percent, spent, budget, currency)
SELECT :day, :percent, :spent, :budget, :currency
WHERE NOT EXISTS (SELECT FROM text_warnings WHERE day = :day AND percent >= :percent)
ON CONFLICT DO NOTHING
RETURNING percent;
