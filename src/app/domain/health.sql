-- What the checks of health read.

-- name: find_why_read_only
-- Why PostgreSQL takes no writes from us; '' where it may.
SELECT CASE
  WHEN pg_is_in_recovery() THEN 'it is a standby'
  WHEN current_setting('transaction_read_only')::boolean
    THEN 'default_transaction_read_only is on'
  ELSE '' END;

-- name: find_traffic
-- What became of the last ten minutes' messages that a sender of a channel has, and how many of its
-- notices wait for longer than some seconds: after three tries, or as they may have gone out. By a
-- time that stands still, so that the index finds them.
SELECT (SELECT count(*) FROM deliveries
        WHERE channel = :channel AND coalesce(sender, :sender) = :sender
          AND state = 'queued' AND address = '' AND (tries > 2 OR uncertain > 0)) AS waiting,
  count(*) FILTER (WHERE state IN ('sent', 'delivered')) AS sent,
  count(*) FILTER (WHERE state = 'failed' OR reason = 'misconfigured') AS failed,
  extract(epoch FROM clock_timestamp()
          - max(updated_at) FILTER (WHERE state IN ('sent', 'delivered')))::int AS since,
  (array_agg(provider_code ORDER BY updated_at DESC)
   FILTER (WHERE provider_code IS NOT NULL))[1] AS last_code
FROM deliveries
WHERE channel = :channel AND coalesce(sender, :sender) = :sender
  AND created_at > statement_timestamp() - interval '10 minutes';
