-- People with an account: their number and address, held while they change, and how often.

-- name: find_person
-- Who reads the mailbox may have set the password with it: until a new one is chosen with the phone,
-- it is of one kind with whatever else that mailbox opens, such as a provider. Beside a code by mail
-- it counts after a week, in which its owner would find out. plan: as `Choice` is written. session_id:
-- of theirs, so that it need not be asked for apart, by check_session; null for none.
SELECT users.id, phone, email, password_changed_at, device_epoch, users.created_at, language,
  email_bounced_at,
  concat(chosen.plan, '.', interval, '.', currency, '.', amount_minor) AS plan,
  EXISTS (SELECT FROM identities WHERE identities.user_id = users.id) AS has_identity,
  password_reset_at IS NOT NULL AS password_by_mail,
  CASE WHEN password_reset_at > clock_timestamp() - interval '7 days'
    THEN password_reset_at + interval '7 days' END AS password_counts_from,
  (SELECT seen_generation FROM sessions
   WHERE sessions.id = :session_id AND revoked_at IS NULL
     AND least(idle_expires_at, expires_at) > clock_timestamp()) AS seen_generation
FROM users LEFT JOIN plan_choices chosen ON chosen.user_id = users.id
WHERE users.id = :user_id;

-- name: set_language
-- By a session that is a day old, in which its owner would have found out about it: an intruder must
-- not decide how they are told. Not the zone, by which the ends of all waits are told. A new account
-- has new sessions alone.
UPDATE users SET language = :language
WHERE id = :user_id AND language IS DISTINCT FROM :language AND (
  created_at > clock_timestamp() - interval '1 day'
  OR EXISTS (
    SELECT FROM sessions
    WHERE id = :session_id AND created_at < clock_timestamp() - interval '1 day'
  )
);

-- name: lock_contacts
-- Nobody else changes them before the transaction ends.
SELECT phone, email, phone_doubted_at FROM users WHERE id = :user_id FOR UPDATE;

-- name: is_phone_taken
-- By any account.
SELECT EXISTS (SELECT 1 FROM users WHERE phone = :value);

-- name: is_email_taken
-- By any account.
SELECT EXISTS (SELECT 1 FROM users WHERE email = :value);

-- name: set_phone
-- value: null when it is given up.
UPDATE users SET phone = :value WHERE id = :user_id;

-- name: set_email
-- As set_phone.
UPDATE users SET email = :value, email_bounced_at = NULL, email_bounces = 0 WHERE id = :user_id;

-- name: set_phone_doubt
-- Doubt is about the number that the account has now. since: null for none.
UPDATE users SET phone_doubted_at = :since WHERE id = :user_id;

-- name: forget_phone_proofs
-- Whoever proved a number for a sign-up is let into the account that has it. That was proved before
-- the number was this account's, so they prove it anew.
UPDATE phone_verifications SET ended_at = clock_timestamp()
WHERE phone = :phone AND purpose = 'signup' AND consumed_at IS NOT NULL AND ended_at IS NULL
  AND user_id IS NULL;

-- name: end_phone_codes
-- A code by which the owner of a contact confirmed or recovered something proves nothing once it is
-- no longer theirs. One that is being used now may win: waiting for it could be waiting for us.
UPDATE phone_verifications SET ended_at = clock_timestamp() WHERE id IN (
  SELECT id FROM phone_verifications
  WHERE phone = :value AND ended_at IS NULL AND user_id IS NULL
    AND purpose <> 'signup' AND purpose NOT LIKE 'change-%'
  FOR UPDATE SKIP LOCKED
);

-- name: end_email_codes
-- As end_phone_codes.
UPDATE email_verifications SET ended_at = clock_timestamp() WHERE id IN (
  SELECT id FROM email_verifications
  WHERE email = :value AND ended_at IS NULL AND user_id IS NULL
    AND purpose <> 'signup' AND purpose NOT LIKE 'change-%'
  FOR UPDATE SKIP LOCKED
);

-- name: end_recoveries
-- What counts as a proof, or still can. but: the one by which a password is changed, if any.
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE email = :email AND purpose = 'recovery' AND id IS DISTINCT FROM :but
  AND ended_at IS NULL AND user_id IS NULL AND expires_at > clock_timestamp() - interval '1 hour';

-- name: count_changes
-- In the last so many seconds.
SELECT count(*) FROM audit_events
WHERE user_id = :user_id AND at > statement_timestamp() - make_interval(secs => :seconds)
  AND event = ANY(:events);
