-- What an operator is told of a contact's messages. No nonce is read, and no code is there.

-- name: find_messages
-- The newest of those that went, or were to go, to any of these names, and what became of the code
-- in each. Materialized: few are to one contact, while all of a month's may be in order of time.
WITH found AS MATERIALIZED (SELECT * FROM deliveries WHERE destination = ANY(:names::text[]))
SELECT d.id, d.channel, d.template, d.destination, d.region, d.network, d.purpose, d.language,
  d.address = '' AS notice, d.room = 'withheld' AS is_withheld, d.state, d.tries, d.uncertain, d.reason, d.sender,
  d.provider_id, d.provider_code, d.steps, d.created_at, d.sent_at, d.updated_at, d.next_try_at, d.expires_at,
  code.attempts, code.consumed_at, code.ended_at
FROM found d LEFT JOIN LATERAL (
  SELECT attempts, consumed_at, ended_at FROM phone_verifications WHERE id = d.verification_id
  UNION ALL
  SELECT attempts, consumed_at, ended_at FROM email_verifications WHERE id = d.verification_id
) code ON true
ORDER BY d.created_at DESC LIMIT :most;

-- name: find_message
-- One, as of find_messages.
SELECT d.id, d.channel, d.template, d.destination, d.region, d.network, d.purpose, d.language,
  d.address = '' AS notice, d.room = 'withheld' AS is_withheld, d.state, d.tries, d.uncertain, d.reason, d.sender,
  d.provider_id, d.provider_code, d.steps, d.created_at, d.sent_at, d.updated_at, d.next_try_at, d.expires_at,
  code.attempts, code.consumed_at, code.ended_at
FROM deliveries d LEFT JOIN LATERAL (
  SELECT attempts, consumed_at, ended_at FROM phone_verifications WHERE id = d.verification_id
  UNION ALL
  SELECT attempts, consumed_at, ended_at FROM email_verifications WHERE id = d.verification_id
) code ON true
WHERE d.id = :id;

-- name: cancel_message
-- Takes back one that waits. A dispatcher that claims it at this moment is faster, or finds it gone.
-- A notice is not taken back: its person is to be told.
WITH cancelled AS (
  UPDATE deliveries d SET state = 'cancelled', updated_at = clock_timestamp(),
    steps = CASE WHEN jsonb_array_length(d.steps) < 20 THEN d.steps ELSE d.steps - 1 END
      || jsonb_build_object('at', clock_timestamp(), 'state', 'cancelled')
  WHERE id = :id AND state = 'queued' AND address <> ''
  RETURNING id, destination, template
)
INSERT INTO audit_events (event, user_id, details)
SELECT 'message:cancelled', (SELECT u.id FROM users u WHERE destination IN (u.phone, u.email)),
  jsonb_build_object('by', :by::text, 'message', id, 'template', template)
FROM cancelled RETURNING true;

-- name: find_account
-- Whose contact it is, and the time.
SELECT clock_timestamp() AS now, u.id, u.phone, u.email, u.created_at, u.last_used_at,
  u.email_bounced_at, u.email_bounces
FROM (SELECT) one LEFT JOIN users u ON :contact IN (u.phone, u.email);

-- name: find_failures
-- Wrong codes in a row, of which some are forgiven.
SELECT in_a_row - forgiven FROM contact_failures WHERE subject = :subject;

-- name: find_newest_phone_code
-- By any of the contact's names.
SELECT id FROM phone_verifications WHERE phone = ANY(:names::text[])
ORDER BY created_at DESC LIMIT 1;

-- name: find_newest_email_code
-- As find_newest_phone_code.
SELECT id FROM email_verifications WHERE email = ANY(:names::text[])
ORDER BY created_at DESC LIMIT 1;
