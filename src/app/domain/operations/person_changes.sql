-- Wrong codes and passwords that count no more, for an operator. A row that somebody uses at this
-- moment is skipped: what it counts stays counted.

-- name: find_contacts
-- The contact and, where an account has it, that and both its contacts.
SELECT users.id, CASE WHEN users.id IS NULL THEN ARRAY[:contact::text]
                      ELSE array_remove(ARRAY[users.phone, users.email], NULL) END AS contacts
FROM (SELECT) asked LEFT JOIN users ON :contact IN (users.phone, users.email);

-- name: forget_in_a_row
-- Wrong codes in a row for the contacts with these subjects.
DELETE FROM contact_failures WHERE subject IN (
  SELECT subject FROM contact_failures WHERE subject = ANY(:subjects::bytea[])
  FOR UPDATE SKIP LOCKED
)
RETURNING in_a_row - forgiven AS in_a_row;

-- name: forget_phone_guesses
-- What was guessed in the last hours stays on the code it was guessed at, which allows five.
UPDATE phone_verifications SET last_attempt_at = NULL WHERE id IN (
  SELECT id FROM phone_verifications
  WHERE phone = ANY(:contacts::text[]) AND created_at > clock_timestamp() - interval '2 days'
    AND last_attempt_at > clock_timestamp() - interval '1 day'
  FOR UPDATE SKIP LOCKED
)
RETURNING attempts;

-- name: forget_email_guesses
-- As forget_phone_guesses.
UPDATE email_verifications SET last_attempt_at = NULL WHERE id IN (
  SELECT id FROM email_verifications
  WHERE email = ANY(:contacts::text[]) AND created_at > clock_timestamp() - interval '2 days'
    AND last_attempt_at > clock_timestamp() - interval '1 day'
  FOR UPDATE SKIP LOCKED
)
RETURNING attempts;

-- name: forget_passwords
-- Wrong passwords for the same.
DELETE FROM password_budgets WHERE (subject, device) IN (
  SELECT subject, device FROM password_budgets WHERE subject = ANY(:subjects::bytea[])
  FOR UPDATE SKIP LOCKED
)
RETURNING wrong, device;
