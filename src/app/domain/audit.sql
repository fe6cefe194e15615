-- Audit events: past facts, kept with the network they came from and nothing finer.

-- name: record_event
-- details: as JSON; they never hold a code, a password, a number or an address.
INSERT INTO audit_events (event, user_id, flow_id, network, request_id, details)
VALUES (:event, :user_id, :flow_id, :network, :request_id, :details);

-- name: is_recorded_this_hour
-- Whether this hour has an event with the same details.
SELECT EXISTS (SELECT FROM audit_events WHERE event = :event AND details = :details::jsonb
               AND at >= date_trunc('hour', statement_timestamp()));

-- name: lock_event
-- Until the transaction ends, whoever records that event waits.
SELECT pg_advisory_xact_lock(hashtextextended(:event, 0));

-- name: forget_places
-- Where a person was. The flows are those whose proofs went into the account, by both their names.
SELECT forget_audit_events(:user_id, ARRAY(
  SELECT unnest(ARRAY[flow_id, moved_from]) FROM phone_verifications WHERE user_id = :user_id
  UNION SELECT unnest(ARRAY[flow_id, moved_from]) FROM email_verifications WHERE user_id = :user_id
  UNION SELECT flow_id FROM identity_proofs WHERE user_id = :user_id
), 0);

-- name: forget_expired
-- At most so many events that were kept long enough.
SELECT forget_audit_events(NULL, NULL, :most);

-- name: count_refusals
-- events: a pattern such as '%:code_refused'. The first condition is that of the index, which also
-- needs a time that stands still: `clock_timestamp()` does not.
SELECT count(*) FROM audit_events
WHERE event LIKE '%refused' AND event LIKE :events AND network = :network
  AND at > statement_timestamp() - make_interval(secs => :seconds);
