-- Identities that are linked to accounts, and trips to the provider that came back.

-- name: find_owner
-- Whose it is.
SELECT user_id FROM identities WHERE issuer = :issuer AND subject = :subject;

-- name: lock_owner
-- The person first, whose row whoever takes it back has locked: then it is nobody's any more.
SELECT i.id, i.user_id, u.phone, u.email FROM identities i JOIN users u ON u.id = i.user_id
WHERE i.issuer = :issuer AND i.subject = :subject FOR KEY SHARE OF u, i;

-- name: link_identity
-- No row where it is somebody's already.
INSERT INTO identities (id, user_id, issuer, subject) VALUES (:id, :user_id, :issuer, :subject)
ON CONFLICT (issuer, subject) DO NOTHING RETURNING id;

-- name: list_identities
-- The oldest first.
SELECT id, issuer, created_at FROM identities WHERE user_id = :user_id ORDER BY created_at;

-- name: lock_person
-- The person first, so that of two that are removed at once the second one is looked at anew.
-- stays_in: by a password. Without an address nobody signs in with it.
SELECT email IS NOT NULL AS has_address, password_hash IS NOT NULL AND email IS NOT NULL AS stays_in
FROM users WHERE id = :user_id FOR UPDATE;

-- name: has_other
-- Beside `id`. issuer: of the provider that people can come from.
SELECT EXISTS (
  SELECT 1 FROM identities WHERE user_id = :user_id AND id <> :id AND issuer = :issuer
);

-- name: has_any
-- Of an issuer.
SELECT EXISTS (SELECT 1 FROM identities WHERE user_id = :user_id AND issuer = :issuer);

-- name: remove_identity
-- An intruder may remove the owner's: it confirms the undo of a change of before its removal still
-- (`account/undoable.py`). One is undone for a week, and one more while that has begun: without one,
-- nothing is kept.
WITH removed AS (
  DELETE FROM identities WHERE user_id = :user_id AND id = :id RETURNING *
),
kept AS (
  INSERT INTO former_identities (id, user_id, issuer, subject, linked_at)
  SELECT id, user_id, issuer, subject, created_at FROM removed
  WHERE EXISTS (
    SELECT 1 FROM contact_changes WHERE user_id = :user_id AND undone_at IS NULL
      AND changed_at > clock_timestamp() - interval '14 days'
  )
)
SELECT id FROM removed;

-- name: spend_transaction
-- No row for a trip that came back before.
INSERT INTO spent_transactions (digest) VALUES (:digest) ON CONFLICT DO NOTHING RETURNING digest;
