-- Ending the sessions of everybody, a batch at a time.

-- name: now
-- By the clock that sessions are opened by.
SELECT clock_timestamp();

-- name: end_batch
-- Of the next sessions by their ids, those that live and were opened before that. Its last id, null
-- where there was none left, and how many were ended.
WITH batch AS (
  SELECT id FROM sessions WHERE id > :after ORDER BY id LIMIT :most
),
edge AS (SELECT id AS last FROM batch ORDER BY id DESC LIMIT 1),
ended AS (
  UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = :reason
  WHERE id > :after AND id <= (SELECT last FROM edge)
    AND revoked_at IS NULL AND created_at < :before
    AND least(idle_expires_at, expires_at) > clock_timestamp()
  RETURNING 1
)
SELECT (SELECT last FROM edge) AS last, (SELECT count(*) FROM ended) AS ended;
