-- The months of `deliveries` and `audit_events`. The functions have the rights of the owner.

-- name: make_partitions
-- Of this month and the next two those that are missing; their names.
SELECT make_partitions();

-- name: drop_partitions
-- Of the months that are over; their names.
SELECT drop_partitions();

-- name: find_gaps
-- Of this month and the next, those that are missing.
SELECT coalesce(string_agg(of_month.name, ', ' ORDER BY of_month.name), '')
FROM unnest(ARRAY['deliveries', 'audit_events']) parent
CROSS JOIN generate_series(0, 1) ahead
CROSS JOIN LATERAL (
  SELECT date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC') + make_interval(months => ahead) AS begins
) month
CROSS JOIN LATERAL (SELECT parent || '_' || to_char(month.begins, 'YYYY_MM') AS name) of_month
WHERE NOT EXISTS (
  SELECT FROM list_partitions() l WHERE l.parent = parent.parent
    AND month.begins AT TIME ZONE 'UTC' >= coalesce(l.begins, '-infinity')
    AND month.begins AT TIME ZONE 'UTC' < l.ends
);
