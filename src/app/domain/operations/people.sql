-- A person as an operator sees them: found by number, address or id.

-- name: find_person
-- One of contact and id is null.
SELECT id, phone, email, created_at, last_used_at FROM users
WHERE id = :id OR :contact::text IN (phone, email);

-- name: show_account
-- As find_person. No secret is part of it.
SELECT id, phone, email, created_at, last_used_at, password_changed_at, email_bounced_at,
  email_bounces, phone_doubted_at, coalesce(language, '') AS language, coalesce(zone, '') AS zone,
  password_hash IS NOT NULL AS has_password
FROM users WHERE id = :id OR :contact::text IN (phone, email);

-- name: list_waiting
-- What was asked for without the phone and waits; value is null where it is to confirm.
SELECT kind, value, asked_at, due_at FROM delayed_changes WHERE user_id = :id
UNION ALL
SELECT 'confirmation', NULL, asked_at, due_at FROM confirmation_requests WHERE user_id = :id
ORDER BY due_at;

-- name: list_changes
-- Of numbers and addresses, undone ones too.
SELECT kind, old_value, new_value, changed_at, undone_at FROM contact_changes
WHERE user_id = :id ORDER BY changed_at;

-- name: list_identities
-- What opens the account.
SELECT issuer, subject, created_at FROM identities WHERE user_id = :id ORDER BY created_at;
