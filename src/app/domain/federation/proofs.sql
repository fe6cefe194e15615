-- Identities that wait: in a sign-up for three days, as three steps of 20 hours each may follow, and
-- to be offered or linked for an hour, as somebody else may use the browser since.

-- name: add_proof
-- asked_at: when the provider asked the person, in seconds since 1970, null where it does not say.
INSERT INTO identity_proofs (id, flow_id, issuer, subject, email, email_verified, asked_at)
VALUES (:id, :flow_id, :issuer, :subject, :email, :email_verified,
        to_timestamp(:asked_at::float8));

-- name: end_proof
-- It proves nothing any more.
UPDATE identity_proofs SET ended_at = clock_timestamp()
WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
RETURNING issuer, subject;

-- name: find_in_other_browser
-- The flow in which the same identity came to wait last. Not one that another request is busy with:
-- it may look for ours.
SELECT flow_id FROM identity_proofs
WHERE issuer = :issuer AND subject = :subject AND ended_at IS NULL AND user_id IS NULL
  AND created_at > clock_timestamp() - interval '20 hours'
ORDER BY created_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: link_first
-- To the account that is made with it, whose time it has. id: what it gets.
WITH used AS (
  UPDATE identity_proofs SET user_id = :user_id
  WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
    AND created_at > clock_timestamp() - interval '3 days'
  RETURNING issuer, subject
)
INSERT INTO identities (id, user_id, issuer, subject, created_at)
SELECT :id, :user_id, issuer, subject, (SELECT created_at FROM users WHERE id = :user_id) FROM used
ON CONFLICT (issuer, subject) DO NOTHING RETURNING id;

-- name: link_recent
-- To an account there is already.
WITH used AS (
  UPDATE identity_proofs SET user_id = :user_id
  WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
    AND created_at > clock_timestamp() - interval '1 hour'
  RETURNING issuer, subject
)
INSERT INTO identities (id, user_id, issuer, subject, created_at)
SELECT :id, :user_id, issuer, subject, clock_timestamp() FROM used
ON CONFLICT (issuer, subject) DO NOTHING RETURNING id;

-- name: link_own
-- Only where the provider vouches for the account's very address. It is a second proof beside the
-- number only if the provider has just asked the person: its session may be days old, in a browser
-- that somebody else uses by now.
WITH used AS (
  UPDATE identity_proofs SET user_id = :user_id
  WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
    AND created_at > clock_timestamp() - interval '3 days'
    AND asked_at > clock_timestamp() - interval '10 minutes' AND email_verified
    AND email = (SELECT email FROM users WHERE id = :user_id)
  RETURNING issuer, subject
)
INSERT INTO identities (id, user_id, issuer, subject, created_at)
SELECT :id, :user_id, issuer, subject, clock_timestamp() FROM used
ON CONFLICT (issuer, subject) DO NOTHING RETURNING id;

-- name: hand_over
-- To the flow of a session that was opened by the number or a password alone, which link nothing.
UPDATE identity_proofs SET flow_id = :session_flow_id
WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
  AND created_at > clock_timestamp() - interval '1 hour'
RETURNING id;

-- name: find_recent
-- The address of one that is nobody's, '' where it has none.
SELECT coalesce(w.email, '') FROM identity_proofs w
WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
  AND created_at > clock_timestamp() - interval '1 hour'
  AND NOT EXISTS (SELECT 1 FROM identities WHERE issuer = w.issuer AND subject = w.subject);

-- name: lock_person
-- Two links at once are counted one after the other. Others hold the person's key meanwhile.
SELECT 1 FROM users WHERE id = :user_id FOR NO KEY UPDATE;
