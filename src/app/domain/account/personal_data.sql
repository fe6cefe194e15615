-- What is held about a person: its end with the account, what is left of a deleted one, and all of
-- it to take along.

-- name: find_undoable
-- The change that can be undone for longest, if any can. A first number or address has no undo.
SELECT kind, changed_at, undo_begun_at IS NOT NULL AS begun,
  coalesce(undo_begun_at, changed_at) + interval '7 days' AS until
FROM contact_changes WHERE user_id = :user_id AND old_value IS NOT NULL AND undone_at IS NULL
  AND coalesce(undo_begun_at, changed_at) >= clock_timestamp() - interval '7 days'
ORDER BY until DESC LIMIT 1;

-- name: end_phone_proofs
-- Codes that were proved for this account prove nothing for another.
UPDATE phone_verifications SET ended_at = coalesce(ended_at, clock_timestamp())
WHERE user_id = :user_id;

-- name: end_email_proofs
-- As end_phone_proofs.
UPDATE email_verifications SET ended_at = coalesce(ended_at, clock_timestamp())
WHERE user_id = :user_id;

-- name: delete_identity_proofs
-- Nobody is known by them any more.
DELETE FROM identity_proofs WHERE user_id = :user_id;

-- name: delete_account
-- Sessions and identities go with it.
DELETE FROM users WHERE id = :user_id;

-- name: remember_contacts
-- Every number and address the account had or asked for, also in the flow before a proof gave it
-- another id, but for those that are somebody else's by now. To be remembered while the account is
-- there, and before its sessions go.
WITH asked (flow_id) AS (
  SELECT sha256('session'::bytea || uuid_send(id)) FROM sessions WHERE user_id = :user_id
  UNION SELECT moved_from FROM phone_verifications
  WHERE user_id = :user_id AND moved_from IS NOT NULL
  UNION SELECT moved_from FROM email_verifications
  WHERE user_id = :user_id AND moved_from IS NOT NULL
)
INSERT INTO deleted_contacts (contact)
SELECT contact FROM (
  SELECT unnest(ARRAY[phone, email]) FROM users WHERE id = :user_id
  UNION SELECT unnest(ARRAY[old_value, new_value]) FROM contact_changes WHERE user_id = :user_id
  UNION SELECT value FROM delayed_changes WHERE user_id = :user_id
  UNION SELECT phone FROM phone_verifications WHERE user_id = :user_id
  UNION SELECT phone FROM phone_verifications JOIN asked USING (flow_id)
  UNION SELECT email FROM email_verifications WHERE user_id = :user_id
  UNION SELECT email FROM email_verifications JOIN asked USING (flow_id)
) held (contact)
WHERE contact IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM users WHERE id <> :user_id AND contact IN (phone, email))
ON CONFLICT (contact) DO UPDATE SET deleted_at = clock_timestamp();

-- name: take_deleted_contact
-- One that no message is on its way to any more; another process takes another one.
DELETE FROM deleted_contacts WHERE contact = (
  SELECT contact FROM deleted_contacts c WHERE NOT EXISTS (
    SELECT 1 FROM deliveries WHERE destination = c.contact
      AND state IN ('queued', 'sending') AND created_at <= c.deleted_at
  ) LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING contact, deleted_at;

-- name: forget_phone_codes
-- Only what was there when the account was deleted: whoever has the number now begins anew.
UPDATE phone_verifications SET phone = :pseudonym, ended_at = coalesce(ended_at, clock_timestamp())
WHERE phone = :contact AND created_at <= :until;

-- name: forget_email_codes
-- As forget_phone_codes.
UPDATE email_verifications SET email = :pseudonym, ended_at = coalesce(ended_at, clock_timestamp())
WHERE email = :contact AND created_at <= :until;

-- name: list_sent
-- Of the same time as forget_phone_codes.
SELECT id, block, address, network FROM deliveries
WHERE destination = :contact AND created_at <= :until;

-- name: forget_sent
-- One element of each list for each message.
UPDATE deliveries d
SET destination = :pseudonym, block = f.block, address = f.address, network = f.network,
  context = '{}', language = DEFAULT, zone = DEFAULT
FROM unnest(:ids::uuid[], :blocks::text[], :addresses::text[], :networks::text[])
  AS f (id, block, address, network)
WHERE d.id = f.id;

-- name: export_account
-- No secret is part of this or of any of the following.
SELECT id, phone, email, created_at, last_used_at, password_changed_at, password_reset_at,
  password_hash IS NOT NULL AS has_password, language, zone
FROM users WHERE id = :user_id;

-- name: export_former_passwords
-- When they were, and no more.
SELECT set_at, replaced_at, by_mail FROM former_passwords WHERE user_id = :user_id
ORDER BY replaced_at;

-- name: export_identities
-- Those that are linked.
SELECT issuer, subject, created_at FROM identities WHERE user_id = :user_id ORDER BY created_at;

-- name: export_former_identities
-- Those that were removed.
SELECT issuer, subject, linked_at, removed_at FROM former_identities WHERE user_id = :user_id
ORDER BY removed_at;

-- name: export_plan
-- At the price that was shown.
SELECT plan, interval, currency, amount_minor, chosen_at FROM plan_choices
WHERE user_id = :user_id;

-- name: export_identity_proofs
-- What a provider told of the person.
SELECT issuer, subject, email, email_verified, asked_at, created_at FROM identity_proofs
WHERE user_id = :user_id ORDER BY created_at;

-- name: export_contact_changes
-- Undone ones, too.
SELECT kind, old_value, new_value, changed_at, undone_at FROM contact_changes
WHERE user_id = :user_id ORDER BY changed_at;

-- name: export_delayed_changes
-- Those that wait.
SELECT kind, value, network, asked_at, due_at FROM delayed_changes
WHERE user_id = :user_id ORDER BY asked_at;

-- name: export_confirmation_requests
-- One at most.
SELECT network, asked_at, due_at FROM confirmation_requests WHERE user_id = :user_id;

-- name: export_sessions
-- Ended ones, too.
SELECT id, device, network, amr, created_at, last_used_at, expires_at, revoked_at, revoked_reason
FROM sessions WHERE user_id = :user_id ORDER BY created_at;

-- name: export_phone_codes
-- Those of the account, and what anybody asked for with its number.
SELECT phone, purpose, created_at, expires_at, attempts, consumed_at
FROM phone_verifications
WHERE user_id = :user_id OR phone = (SELECT phone FROM users WHERE id = :user_id)
ORDER BY created_at;

-- name: export_email_codes
-- As export_phone_codes.
SELECT email, purpose, created_at, expires_at, attempts, consumed_at
FROM email_verifications
WHERE user_id = :user_id OR email = (SELECT email FROM users WHERE id = :user_id)
ORDER BY created_at;

-- name: export_messages
-- To the number and address of the account.
SELECT channel, template, destination, state, network, language, zone, created_at, sent_at, steps
FROM deliveries
WHERE destination IN (SELECT unnest(ARRAY[phone, email]) FROM users WHERE id = :user_id)
ORDER BY created_at;

-- name: export_events
-- The oldest first.
SELECT at, event, network, details FROM audit_events WHERE user_id = :user_id ORDER BY at;

-- name: export_service_events
-- What services were told, or are about to be.
SELECT service, type, details, state, created_at FROM events WHERE user_id = :user_id
ORDER BY position;
