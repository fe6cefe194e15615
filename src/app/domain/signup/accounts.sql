-- What the proofs of a sign-up lead to: a new account, an existing one, or nothing. An account is
-- dormant when it was not used for 90 days, or when its number is in doubt because somebody came with
-- it after so long. Carriers give a number to somebody else some three months after it was given up.
-- An account without an address is never dormant: there is no code to ask for, and nothing would be
-- left to the owner if the number were given up.

-- name: find_account
-- Of a number. One that is being deleted is waited for: it is nobody's then.
SELECT u.id, u.phone, u.email, u.password_hash,
  ((u.last_used_at < clock_timestamp() - interval '90 days'
    OR u.phone_doubted_at IS NOT NULL) AND u.email IS NOT NULL) AS dormant
FROM users u WHERE u.phone = :phone FOR KEY SHARE;

-- name: find_proofs
-- Locked, so that two posts of one flow finish one after the other. Old ones prove nothing, by the
-- rules of rebuild_draft (drafts.sql).
SELECT p.phone, p.user_id, e.email, i.id IS NOT NULL AS has_identity
FROM (
  SELECT * FROM phone_verifications
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
    AND coalesce(consumed_at, created_at) > clock_timestamp() - interval '24 hours'
  ORDER BY created_at DESC LIMIT 1 FOR UPDATE
) p,
LATERAL (
  SELECT * FROM email_verifications
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
    AND coalesce(consumed_at, created_at) > clock_timestamp() - interval '3 days'
  ORDER BY created_at DESC LIMIT 1
) e
LEFT JOIN LATERAL (
  SELECT * FROM identity_proofs w
  WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
    AND created_at > clock_timestamp() - interval '3 days'
    AND NOT EXISTS (SELECT 1 FROM identities WHERE issuer = w.issuer AND subject = w.subject)
  LIMIT 1
) i ON true
WHERE p.consumed_at IS NOT NULL AND e.consumed_at IS NOT NULL
  AND greatest(p.created_at, p.consumed_at, e.created_at, e.consumed_at, i.created_at)
    > clock_timestamp() - interval '20 hours';

-- name: create_account
-- From what the flow has proved, by the rules of find_proofs, for a password or an identity: what is
-- proved proves nothing more. The row has no created_id when the flow made an account before, or when
-- the phone or the e-mail has one by now. One time for all of it tells later what the account was made
-- with.
WITH proofs AS (
  SELECT p.phone, p.user_id, e.email, i.id IS NOT NULL AS has_identity
  FROM (
    SELECT * FROM phone_verifications
    WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
      AND coalesce(consumed_at, created_at) > clock_timestamp() - interval '24 hours'
    ORDER BY created_at DESC LIMIT 1 FOR UPDATE
  ) p,
  LATERAL (
    SELECT * FROM email_verifications
    WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
      AND coalesce(consumed_at, created_at) > clock_timestamp() - interval '3 days'
    ORDER BY created_at DESC LIMIT 1
  ) e
  LEFT JOIN LATERAL (
    SELECT * FROM identity_proofs w
    WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
      AND created_at > clock_timestamp() - interval '3 days'
      AND NOT EXISTS (SELECT 1 FROM identities WHERE issuer = w.issuer AND subject = w.subject)
    LIMIT 1
  ) i ON true
  WHERE p.consumed_at IS NOT NULL AND e.consumed_at IS NOT NULL
    AND greatest(p.created_at, p.consumed_at, e.created_at, e.consumed_at, i.created_at)
      > clock_timestamp() - interval '20 hours'
),
created AS (
  INSERT INTO users
    (id, phone, email, password_hash, password_changed_at, created_at, language, zone)
  SELECT :id, phone, email, :password_hash,
    CASE WHEN :password_hash::text IS NOT NULL THEN at END, at, :language, nullif(:zone, '')
  FROM proofs, (SELECT clock_timestamp() AS at) moment
  WHERE user_id IS NULL AND (has_identity OR :password_hash IS NOT NULL)
  ON CONFLICT DO NOTHING RETURNING id
),
phones AS (
  UPDATE phone_verifications SET user_id = created.id FROM created
  WHERE flow_id = :flow_id AND purpose = 'signup'
),
emails AS (
  UPDATE email_verifications SET user_id = created.id FROM created
  WHERE flow_id = :flow_id AND purpose = 'signup'
),
recorded AS (
  INSERT INTO audit_events (event, user_id, flow_id, network, request_id)
  SELECT 'signup:completed', id, :flow_id, :network, :request_id FROM created
)
SELECT proofs.*, created.id AS created_id FROM proofs LEFT JOIN created ON true;

-- name: spend_proofs
-- They have opened an account.
WITH phones AS (
  UPDATE phone_verifications SET user_id = :user_id
  WHERE flow_id = :flow_id AND purpose = 'signup'
)
UPDATE email_verifications SET user_id = :user_id WHERE flow_id = :flow_id AND purpose = 'signup';

-- name: drop_email
-- Another one is to be named.
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE flow_id = :flow_id AND purpose = 'signup';

-- name: drop_phone
-- The number is to be proved anew.
UPDATE phone_verifications SET ended_at = clock_timestamp()
WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL AND user_id IS NULL;

-- name: drop_earlier
-- Proved longer ago: by somebody who may have used the browser, or a number that has changed hands.
WITH phones AS (
  UPDATE phone_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
    AND consumed_at < clock_timestamp() - interval '10 minutes'
)
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
  AND consumed_at < clock_timestamp() - interval '10 minutes';

-- name: find_account_proved_now
-- Only who proved the number just now, and since it is the account's, is let into that.
SELECT u.id, u.phone, u.email, u.password_hash,
  ((u.last_used_at < clock_timestamp() - interval '90 days'
    OR u.phone_doubted_at IS NOT NULL) AND u.email IS NOT NULL) AS dormant
FROM (
  SELECT * FROM phone_verifications
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
  ORDER BY created_at DESC LIMIT 1 FOR UPDATE
) p
JOIN users u ON u.phone = p.phone AND u.created_at < p.consumed_at
WHERE p.user_id IS NULL AND p.consumed_at > clock_timestamp() - interval '10 minutes'
FOR KEY SHARE OF u;

-- name: vouch_for_email
-- A provider's word for an address nobody has is as good as a code of ours.
WITH free AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM users WHERE email = :email)),
earlier AS (
  UPDATE email_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
    AND EXISTS (SELECT 1 FROM free)
)
INSERT INTO email_verifications (id, flow_id, purpose, nonce, email, expires_at, consumed_at)
SELECT :id, :flow_id, 'signup', :nonce, :email, clock_timestamp(), clock_timestamp() FROM free;

-- name: find_owned_number
-- The number was proved for this flow, since it is the account's. That may be longer ago than where
-- it is the only proof: the mail is waited for meanwhile.
SELECT u.id, u.phone, u.email, u.password_hash,
  ((u.last_used_at < clock_timestamp() - interval '90 days'
    OR u.phone_doubted_at IS NOT NULL) AND u.email IS NOT NULL) AS dormant,
  u.last_used_at < clock_timestamp() - interval '90 days' AS unused,
  p.consumed_at > clock_timestamp() - interval '30 minutes' AS proved_lately
FROM (
  SELECT * FROM phone_verifications
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
  ORDER BY created_at DESC LIMIT 1 FOR UPDATE
) p
JOIN users u ON u.phone = p.phone AND u.created_at < p.consumed_at
WHERE p.user_id IS NULL AND p.consumed_at > clock_timestamp() - interval '1 hour'
FOR UPDATE OF u;

-- name: doubt_phone
-- Somebody came with the number of a dormant account. The number stays in doubt, whoever else uses
-- the account, until the code to its address is entered or the number is replaced.
UPDATE users SET phone_doubted_at = clock_timestamp()
WHERE id = :user_id AND phone_doubted_at IS NULL;

-- name: end_dormancy
-- The owner has shown up.
UPDATE users SET last_used_at = clock_timestamp(), phone_doubted_at = NULL WHERE id = :user_id;
