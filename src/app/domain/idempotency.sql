-- name: begin_call
-- Whether the call is to be carried out now; else what is known of the first one with its key. A
-- row that is being written at this moment is not seen: nothing is known of it then.
WITH begun AS (
  INSERT INTO idempotent_calls (id, fingerprint) VALUES (:id, :fingerprint)
  ON CONFLICT (id) DO UPDATE
  SET fingerprint = excluded.fingerprint, answer = NULL, begun_at = clock_timestamp()
  WHERE idempotent_calls.begun_at < clock_timestamp() - interval '24 hours'
     OR (idempotent_calls.answer IS NULL
         AND idempotent_calls.fingerprint = excluded.fingerprint
         AND idempotent_calls.begun_at < clock_timestamp() - :abandoned::interval)
  RETURNING id
)
SELECT EXISTS (SELECT FROM begun) AS is_begun, first.fingerprint, first.answer
FROM (VALUES (1)) AS one LEFT JOIN idempotent_calls AS first ON first.id = :id;

-- name: finish_call
-- From now on it is answered so.
UPDATE idempotent_calls SET answer = :answer WHERE id = :id;

-- name: forget_call
-- Only one that has no answer.
DELETE FROM idempotent_calls WHERE id = :id AND answer IS NULL;
