-- Whom an operator keeps out.

-- name: list_blocks
-- Those in force, the newest first.
SELECT kind, value, reason, added_by, added_at, until FROM blocks
WHERE until IS NULL OR until > statement_timestamp()
ORDER BY added_at DESC, kind, value;

-- name: add_block
-- In the place of an earlier one. seconds: null for one without an end.
INSERT INTO blocks (kind, value, reason, added_by, until)
VALUES (:kind, :value, :reason, :added_by,
        clock_timestamp() + make_interval(secs => :seconds::float))
ON CONFLICT (kind, value) DO UPDATE SET reason = excluded.reason, added_by = excluded.added_by,
  added_at = clock_timestamp(), until = excluded.until;

-- name: remove_block
-- Whether it was in force.
WITH removed AS (DELETE FROM blocks WHERE kind = :kind AND value = :value RETURNING until)
SELECT count(*) FROM removed WHERE until IS NULL OR until > clock_timestamp();
