-- What has expired, table by table: at most so many rows, which are counted. Each comment says why
-- they are kept so long. What has no index by its time is read as a whole, once an hour.

-- name: lock_cleanup
-- Of several servers and commands, one removes at a time. It is held for a transaction only: behind
-- a pooler, the next one may be on another connection.
SELECT pg_advisory_xact_lock(727277);

-- name: remove_phone_verifications
-- Support asks about last week.
WITH removed AS (
  DELETE FROM phone_verifications WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM phone_verifications
    WHERE created_at < clock_timestamp() - interval '7 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_email_verifications
-- As long as phone_verifications.
WITH removed AS (
  DELETE FROM email_verifications WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM email_verifications
    WHERE created_at < clock_timestamp() - interval '7 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_contact_failures
-- A contact that nobody guesses at any more starts anew. One without a key is a digest of the version
-- before, which anybody can make of all numbers. Its servers add some for as long as they run beside
-- those of this one, so no migration could remove them.
WITH removed AS (
  DELETE FROM contact_failures WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM contact_failures
    WHERE last_wrong_at < clock_timestamp() - interval '30 days' OR octet_length(subject) = 32
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_deliveries
-- Carriers report and bill within the month. By a time that stands still, so that the index finds
-- them, in the partitions that may have any: a month that is over as a whole is dropped before. A
-- `ctid` would tell rows of one partition apart alone.
WITH removed AS (
  DELETE FROM deliveries WHERE id = ANY(ARRAY(
    SELECT id FROM deliveries
    WHERE created_at < statement_timestamp() - interval '30 days'
    LIMIT :most
  )) AND created_at < statement_timestamp() - interval '30 days'
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_refused_sends
-- As long as the messages beside which they are read.
WITH removed AS (
  DELETE FROM refused_sends WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM refused_sends
    WHERE hour < statement_timestamp() - interval '30 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_sessions
-- A month after their end, so of those alone that were opened before that: their ids begin with the
-- milliseconds since 1970. An index by their end would be written at each refresh. The day more is for
-- clocks that are apart.
WITH removed AS (
  DELETE FROM sessions WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM sessions
    WHERE id < rpad(lpad(to_hex((
        extract(epoch FROM statement_timestamp() - make_interval(days => 29)) * 1000
      )::bigint), 12, '0'), 32, '0')::uuid
      AND least(expires_at, idle_expires_at, coalesce(revoked_at, expires_at))
        < statement_timestamp() - interval '30 days'
    ORDER BY id
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_password_budgets
-- An account that was guessed at long ago starts anew; where from, and all known devices together,
-- count for minutes, and how often a new one was tried for an hour. Without a key: as contact_failures.
WITH removed AS (
  DELETE FROM password_budgets WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM password_budgets
    WHERE last_wrong_at < clock_timestamp()
      - CASE WHEN device LIKE '%/%' OR device IN ('new', 'known') THEN interval '1 day'
             ELSE interval '30 days' END
      OR octet_length(subject) = 32
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_identity_proofs
-- A sign-up lives no longer than three days; support asks about last week.
WITH removed AS (
  DELETE FROM identity_proofs WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM identity_proofs
    WHERE created_at < clock_timestamp() - interval '7 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_spent_transactions
-- Their cookies lived for ten minutes. By a time that stands still, as deliveries.
WITH removed AS (
  DELETE FROM spent_transactions WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM spent_transactions
    WHERE spent_at < statement_timestamp() - interval '1 hour'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_idempotent_calls
-- A key counts for a day. By a time that stands still, as deliveries.
WITH removed AS (
  DELETE FROM idempotent_calls WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM idempotent_calls
    WHERE begun_at < statement_timestamp() - interval '24 hours'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_former_passwords
-- A change can be undone for a week, and for one more once that has begun. It may come a week after
-- the first one that its undo goes back to, and that one a week after the password went.
WITH removed AS (
  DELETE FROM former_passwords WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM former_passwords
    WHERE replaced_at < clock_timestamp() - interval '28 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_former_identities
-- As former_passwords, but an identity went with the first change at the earliest.
WITH removed AS (
  DELETE FROM former_identities WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM former_identities
    WHERE removed_at < clock_timestamp() - interval '21 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_confirmation_requests
-- They can be used for a week.
WITH removed AS (
  DELETE FROM confirmation_requests WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM confirmation_requests
    WHERE due_at < clock_timestamp() - interval '7 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_contact_changes
-- Their links work for a week; support asks about last month.
WITH removed AS (
  DELETE FROM contact_changes WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM contact_changes
    WHERE changed_at < clock_timestamp() - interval '30 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_text_spending
-- As long as deliveries: to be compared with what was billed.
WITH removed AS (
  DELETE FROM text_spending WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM text_spending
    WHERE day < clock_timestamp() - interval '31 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_text_warnings
-- As long as text_spending.
WITH removed AS (
  DELETE FROM text_warnings WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM text_warnings
    WHERE day < clock_timestamp() - interval '31 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_events
-- For a month they can be sent again. By a time that stands still, as deliveries.
WITH removed AS (
  DELETE FROM events WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM events
    WHERE created_at < statement_timestamp() - interval '30 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_send_counts
-- Budgets look at 14 days.
WITH removed AS (
  DELETE FROM send_counts WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM send_counts
    WHERE slot < statement_timestamp() - interval '15 days'
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_send_stops
-- Those of a breaker for which nobody came to be a probe in a week, and those of an operator that are
-- over.
WITH removed AS (
  DELETE FROM send_stops WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM send_stops
    WHERE until < clock_timestamp()
      - CASE reason WHEN 'conversion' THEN interval '7 days' ELSE interval '0' END
    LIMIT :most
  ))
  RETURNING 1
)
SELECT count(*) FROM removed;

-- name: remove_blocks
-- Those that ended a month ago; why they were there is in the audit trail.
WITH removed AS (
  DELETE FROM blocks WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM blocks WHERE until < clock_timestamp() - interval '30 days' LIMIT :most
  )) RETURNING 1
)
SELECT count(*) FROM removed;

-- name: make_partitions
-- Of this month and the next two those that are missing; their names.
SELECT make_partitions();

-- name: drop_partitions
-- Of the months that are over; their names.
SELECT drop_partitions();

-- name: find_gaps
-- Of this month and the next, those that are missing.
SELECT coalesce(string_agg(of_month.name, ', ' ORDER BY of_month.name), '')
FROM unnest(ARRAY['deliveries', 'audit_events']) parent
CROSS JOIN generate_series(0, 1) ahead
CROSS JOIN LATERAL (
  SELECT date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC') + make_interval(months => ahead) AS begins
) month
CROSS JOIN LATERAL (SELECT parent || '_' || to_char(month.begins, 'YYYY_MM') AS name) of_month
WHERE NOT EXISTS (
  SELECT FROM list_partitions() l WHERE l.parent = parent.parent
    AND month.begins AT TIME ZONE 'UTC' >= coalesce(l.begins, '-infinity')
    AND month.begins AT TIME ZONE 'UTC' < l.ends
);
