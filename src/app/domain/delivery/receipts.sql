-- What providers tell later of the messages that they took.

-- name: record_receipts
-- One element of each list for each receipt of that channel. A reference is the id of a message, or
-- '' where only the provider's id is known. Of several about one message, the furthest counts. A
-- state moves forward alone: what a dispatcher holds at this moment may be told as sent before the
-- provider has answered it. A bounce may come long after the delivery: then it is only noted. It
-- marks the account that has the address, once. As of `record_outcomes`, a notice that did not
-- arrive is on record. What changes something is a step of the history, as of `record_outcomes`.
-- Returned are the messages whose state moved, for metrics. A provider's id is one of the sender's own. That a sender had it after all
-- counts wherever the message is now; that it failed, only of the message that is with that sender.
WITH receipts AS MATERIALIZED (
  SELECT DISTINCT ON (d.id) d.id, d.state AS before, d.provider_code AS code_before,
    d.reason AS reason_before, coalesce(d.sender, :sender) = :sender AS is_its_own, r.*
  FROM unnest((SELECT :references::text[]), :provider_ids::text[], :states::text[], :reasons::text[],
              :provider_codes::text[], :bounces::text[], :words::text[])
    AS r (reference, provider_id, state, reason, provider_code, bounce, words)
  JOIN LATERAL (
    SELECT id, state, provider_code, reason, sender FROM deliveries WHERE id = (
      SELECT CASE WHEN r.reference <> '' THEN r.reference::uuid
             ELSE (SELECT id FROM deliveries
                   WHERE provider_id = r.provider_id AND coalesce(sender, :sender) = :sender
                   LIMIT 1) END)
      AND channel = :channel
      AND (r.state IN ('sent', 'delivered') OR coalesce(sender, :sender) = :sender)
  ) d ON true
  ORDER BY d.id, array_position(ARRAY['hard', 'soft', ''], r.bounce),
    array_position(ARRAY['delivered', 'refused', 'failed', 'sent'], r.state)
),
allowed AS (
  SELECT *, CASE state
      WHEN 'sent' THEN before IN ('queued', 'sending', 'failed', 'expired', 'cancelled')
      WHEN 'delivered' THEN
        before IN ('queued', 'sending', 'sent', 'failed', 'expired', 'cancelled')
      ELSE before IN ('queued', 'sending', 'sent')
    END AS moves,
    bounce <> '' AND code_before IS DISTINCT FROM provider_code
      AND reason_before IS DISTINCT FROM 'unusable' AS bounces  -- for good, once
  FROM receipts
),
recorded AS (
  UPDATE deliveries d
  SET state = CASE WHEN a.moves THEN a.state ELSE d.state END,
      provider_id = CASE WHEN a.is_its_own THEN coalesce(d.provider_id, nullif(a.provider_id, ''))
                         ELSE nullif(a.provider_id, '') END,
      sender = :sender,
      provider_code = coalesce(a.provider_code, d.provider_code),
      reason = coalesce(a.reason, d.reason), updated_at = clock_timestamp(),
      sent_at = coalesce(d.sent_at, CASE WHEN a.moves AND a.state IN ('sent', 'delivered')
                                         THEN clock_timestamp() END),
      steps = CASE WHEN jsonb_array_length(d.steps) < 20 THEN d.steps ELSE d.steps - 1 END
        || jsonb_build_object('at', clock_timestamp(), 'state', a.state, 'sender', :sender,
             'code', a.provider_code, 'reason', a.reason, 'words', a.words, 'receipt', true)
  FROM allowed a
  WHERE d.id = a.id AND (a.moves OR a.bounces)
  RETURNING d.template, d.destination, d.state, d.address, d.channel, d.region, d.created_at,
    a.moves, a.bounces, a.bounce
),
marked AS (
  UPDATE users SET email_bounced_at = clock_timestamp(),
    email_bounces = email_bounces + came_back.hard
  FROM (SELECT destination, count(*) FILTER (WHERE bounce = 'hard') AS hard
        FROM recorded WHERE bounces GROUP BY destination) came_back
  WHERE users.email = came_back.destination AND :channel = 'email'
),
noted AS (
  INSERT INTO audit_events (event, user_id, details)
  SELECT 'notice:not_sent', (SELECT id FROM users WHERE destination IN (phone, email)),
    jsonb_build_object('template', template, 'state', state)
  FROM recorded
  WHERE address = '' AND moves AND state IN ('refused', 'failed', 'expired')
)
SELECT CASE template WHEN 'phone_call' THEN 'call' ELSE channel END AS channel,
  coalesce(region, '') AS region, state,
  extract(epoch FROM clock_timestamp() - created_at)::float AS seconds,
  address = '' AND state IN ('refused', 'failed', 'expired') AS is_notice_lost
FROM recorded WHERE moves;
