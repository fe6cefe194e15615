-- Processes that serve, and the keys that each of them knows, by fingerprint.

-- name: renew_process
-- id, host, pid: which process. secrets: what it knows, in the order of its setting. signs_by: one
-- of them.
INSERT INTO processes (id, host, pid, secrets, signs_by) VALUES (:id, :host, :pid, :secrets, :signs_by)
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), signs_by = excluded.signs_by;

-- name: list_processes
-- Those that were seen within the lifetime, the oldest first.
SELECT id, host, pid, secrets, signs_by, started_at FROM processes
WHERE seen_at > clock_timestamp() - :lifetime::interval
ORDER BY started_at, id;

-- name: remove_ended
-- Twice the lifetime ago, so that nobody is counted as gone in one statement and there in another.
DELETE FROM processes WHERE seen_at < clock_timestamp() - 2 * :lifetime::interval;

-- name: note_secret_keys
-- When each was first seen. Of those that are new at once, the last is the oldest: all are dated from
-- the start of the statement, as the clock may go on by more than their distance between two rows.
INSERT INTO secret_keys (fingerprint, first_seen_at)
SELECT fingerprint, statement_timestamp() - place * interval '1 millisecond'
FROM unnest(:secrets::text[]) WITH ORDINALITY AS given (fingerprint, place)
ON CONFLICT (fingerprint) DO NOTHING;

-- name: list_secret_keys
-- All that there ever were: a few.
SELECT fingerprint, first_seen_at FROM secret_keys;
