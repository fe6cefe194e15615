-- Versions of the prices. What is published never changes.

-- name: find_edition
-- How many versions there are, and which one is in effect.
SELECT count(*) AS versions, max(published_at) AS last,
  (SELECT version FROM catalogues WHERE effective_from <= clock_timestamp()
   ORDER BY effective_from DESC LIMIT 1) AS in_effect
FROM catalogues;

-- name: read_catalogues
-- Version `first` and those that will follow it. One JSON document, so that all of it is of one
-- moment.
WITH now_and_later AS (
  SELECT version, effective_from FROM catalogues
  WHERE effective_from >= coalesce(
    (SELECT effective_from FROM catalogues WHERE version = :first), '-infinity')
)
SELECT coalesce(json_agg(json_build_object(
  'version', c.version,
  'effective_from', to_char(c.effective_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'features', (SELECT coalesce(json_agg(json_build_object('code', f.code, 'name', f.name)
                                        ORDER BY f.position), '[]')
               FROM features f WHERE f.version = c.version),
  'plans', (SELECT json_agg(json_build_object(
      'code', p.code, 'name', p.name, 'description', p.description, 'highlighted', p.highlighted,
      'features', (SELECT coalesce(json_object_agg(pf.feature, pf.amount), '{}')
                   FROM plan_features pf WHERE pf.version = p.version AND pf.plan = p.code)
    ) ORDER BY p.position) FROM plans p WHERE p.version = c.version),
  'prices', (SELECT json_agg(json_build_array(a.plan, a.interval, a.currency, a.amount_minor)
                             ORDER BY a.interval, a.position)
             FROM prices a WHERE a.version = c.version)
) ORDER BY c.effective_from), '[]')::text FROM now_and_later c;

-- name: add_version
-- effective_from: null for now.
INSERT INTO catalogues (effective_from) VALUES (coalesce(:effective_from, clock_timestamp()))
RETURNING version, effective_from;

-- name: add_feature
-- What plans can have.
INSERT INTO features (version, code, position, name) VALUES (:version, :code, :position, :name);

-- name: add_plan
-- Without its features and prices.
INSERT INTO plans (version, code, position, name, description, highlighted)
VALUES (:version, :code, :position, :name, :description, :highlighted);

-- name: add_plan_feature
-- amount: how much of it the plan includes, '' says just that it does.
INSERT INTO plan_features (version, plan, feature, amount)
VALUES (:version, :plan, :feature, :amount);

-- name: add_price
-- position: of the currency.
INSERT INTO prices (version, plan, interval, currency, position, amount_minor)
VALUES (:version, :plan, :interval, :currency, :position, :amount_minor);
