-- Signing keys, sealed.

-- name: lock_keys
-- Of several servers and commands, one adds or removes at a time.
SELECT pg_advisory_xact_lock(727276);

-- name: list_keys
-- The oldest first.
SELECT id, sealed, created_at FROM signing_keys ORDER BY created_at;

-- name: add_key
-- The newest signs.
INSERT INTO signing_keys (id, sealed) VALUES (:id, :sealed) RETURNING id, sealed, created_at;

-- name: remove_superseded
-- An hour ago: the last token of such a key ended fifty minutes before.
DELETE FROM signing_keys k WHERE EXISTS (
  SELECT 1 FROM signing_keys n
  WHERE n.created_at > k.created_at AND n.created_at < clock_timestamp() - interval '1 hour'
);

-- name: list_ids
-- In the order of `list_keys`: what servers look at twice a second.
SELECT ARRAY(SELECT id FROM signing_keys ORDER BY created_at);

-- name: remove_key
-- The id, if it was there.
DELETE FROM signing_keys WHERE id = :id RETURNING id;
