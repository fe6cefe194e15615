-- The outbox, as its dispatcher sees it and as a person who waits for a message does.

-- name: claim_due
-- Takes up to so many due texts and emails for 30 seconds. Each channel has its own room, so that
-- neither waits for the other, and codes come before notices, as they expire in minutes: those first
-- that have the least time left. Notices come in the order in which they are due.
-- Materialized, because planned as the inner side of a join it would be run again and again, and
-- take more at each turn. Due is by a time that stands still, so that the index finds it: many
-- notices wait while a vendor is down. Those that are locked in vain are free again at once. The
-- list of ids is there for the planner: it takes a limit that it does not know for a tenth of what
-- is due, and would join by reading all deliveries. None is older than it is kept for, nor of a month to
-- come: so these partitions are left out. `abandoned` is what an earlier dispatcher died
-- holding: it may have gone out. What may have gone out stays with its sender.
WITH due AS MATERIALIZED (
  SELECT * FROM (
    SELECT id, state, channel, expires_at AS first, false AS notice FROM deliveries
    WHERE channel = 'sms' AND state IN ('queued', 'sending') AND address <> ''
      AND next_try_at <= statement_timestamp()
      AND created_at BETWEEN statement_timestamp() - interval '31 days'
        AND statement_timestamp() + interval '1 hour'
    ORDER BY expires_at LIMIT :texts FOR UPDATE SKIP LOCKED
  ) texted_codes
  UNION ALL
  SELECT * FROM (
    SELECT id, state, channel, next_try_at AS first, true AS notice FROM deliveries
    WHERE channel = 'sms' AND state IN ('queued', 'sending') AND address = ''
      AND next_try_at <= statement_timestamp()
      AND created_at BETWEEN statement_timestamp() - interval '31 days'
        AND statement_timestamp() + interval '1 hour'
    ORDER BY next_try_at LIMIT :texts FOR UPDATE SKIP LOCKED
  ) texted_notices
  UNION ALL
  SELECT * FROM (
    SELECT id, state, channel, expires_at AS first, false AS notice FROM deliveries
    WHERE channel = 'email' AND state IN ('queued', 'sending') AND address <> ''
      AND next_try_at <= statement_timestamp()
      AND created_at BETWEEN statement_timestamp() - interval '31 days'
        AND statement_timestamp() + interval '1 hour'
    ORDER BY expires_at LIMIT :emails FOR UPDATE SKIP LOCKED
  ) mailed_codes
  UNION ALL
  SELECT * FROM (
    SELECT id, state, channel, next_try_at AS first, true AS notice FROM deliveries
    WHERE channel = 'email' AND state IN ('queued', 'sending') AND address = ''
      AND next_try_at <= statement_timestamp()
      AND created_at BETWEEN statement_timestamp() - interval '31 days'
        AND statement_timestamp() + interval '1 hour'
    ORDER BY next_try_at LIMIT :emails FOR UPDATE SKIP LOCKED
  ) mailed_notices
),
waiting AS MATERIALIZED (
  SELECT id, state FROM (
    SELECT *, row_number() OVER (PARTITION BY channel ORDER BY notice, first) AS place FROM due
  ) queue
  WHERE place <= CASE channel WHEN 'sms' THEN :texts ELSE :emails END
)
UPDATE deliveries d
SET state = 'sending', tries = d.tries + 1,
    sender = CASE WHEN waiting.state = 'sending' OR d.uncertain > 0 THEN d.sender
             WHEN d.channel = 'sms' THEN :text_sender::text ELSE :mail_sender::text END,
    uncertain = d.uncertain + (waiting.state = 'sending')::int, updated_at = clock_timestamp(),
    next_try_at = clock_timestamp() + interval '30 seconds'
FROM waiting
WHERE d.id = waiting.id AND d.id = ANY(ARRAY(SELECT id FROM waiting))
  AND d.created_at BETWEEN statement_timestamp() - interval '31 days'
    AND statement_timestamp() + interval '1 hour'
RETURNING d.*, d.address = '' AS notice, waiting.state = 'sending' AS abandoned,
  extract(epoch FROM clock_timestamp() - d.created_at)::float AS age,
  extract(epoch FROM d.expires_at - clock_timestamp())::float AS seconds_left;

-- name: move_claim
-- Gives a message to another sender, unless whoever claimed it has lost it. That the one before did
-- not take it is a step of the history, as of `record_outcomes`; a code of '' is none.
UPDATE deliveries
SET sender = :sender, next_try_at = clock_timestamp() + interval '30 seconds',
    steps = CASE WHEN :code = '' THEN steps
      ELSE CASE WHEN jsonb_array_length(steps) < 20 THEN steps ELSE steps - 1 END
        || jsonb_build_object('at', clock_timestamp(), 'state', state, 'sender', sender,
             'code', :code::text, 'reason', NULL, 'words', :words::text)
    END
WHERE id = :id AND state = 'sending' AND tries = :tries
RETURNING true;

-- name: record_outcomes
-- Writes what became of a batch of claimed messages: one element of each list for each message.
-- Whoever lost its claim to another, which the number of tries tells, has nothing to say any more,
-- except that the message was sent; not where a receipt was faster, which names the provider's id
-- and says that it failed. One that stays claimed (state 'sending') was only asked about:
-- that is no try, and whoever claims it next asks again after `delays`, in seconds. A notice that is
-- given up is on record: its person should have been told. It may have been for a former contact.
-- A try that failed is a step of the message's history, of which the first one and the newest 19 are
-- kept. That it was sent is told by `sent_at`, which takes less than a step of each message.
-- The first list is in a SELECT of its own so that the planner does not see how long it is: else it
-- plans each call anew, which takes longer than to run it.
WITH settled AS (
  UPDATE deliveries d
  SET state = s.state, tries = d.tries - (s.state = 'sending')::int,
      provider_id = coalesce(s.provider_id, d.provider_id),
      sender = coalesce(s.sender, d.sender), provider_code = s.provider_code,
      reason = s.reason, uncertain = s.uncertain,
      next_try_at = clock_timestamp() + make_interval(secs => s.delay),
      updated_at = clock_timestamp(),
      sent_at = coalesce(d.sent_at, CASE s.state WHEN 'sent' THEN clock_timestamp() END),
      steps = CASE
        WHEN s.state IN ('sent', 'sending') THEN d.steps
        ELSE CASE WHEN jsonb_array_length(d.steps) < 20 THEN d.steps ELSE d.steps - 1 END
          || jsonb_build_object('at', clock_timestamp(), 'state', s.state,
               'sender', coalesce(s.sender, d.sender),
               'code', s.provider_code, 'reason', s.reason, 'words', s.words)
      END
  FROM unnest((SELECT :ids::uuid[]), :tries::int[], :states::text[], :provider_ids::text[],
              :provider_codes::text[], :reasons::text[], :uncertain::int[], :delays::float[],
              :words::text[], :senders::text[])
    AS s (id, tries, state, provider_id, provider_code, reason, uncertain, delay, words, sender)
  WHERE d.id = s.id AND (d.state = 'sending' AND d.tries = s.tries
                         OR s.state = 'sent' AND (d.state IN ('queued', 'sending')
                                                  OR d.state = 'failed' AND d.provider_id IS NULL))
  RETURNING d.template, d.destination, d.state, d.address
)
INSERT INTO audit_events (event, user_id, details)
SELECT 'notice:not_sent', coalesce(
    (SELECT id FROM users WHERE destination IN (phone, email)),
    (SELECT user_id FROM contact_changes WHERE old_value = destination
     ORDER BY changed_at DESC LIMIT 1)
  ), jsonb_build_object('template', template, 'state', state)
FROM settled
WHERE address = '' AND state IN ('refused', 'failed', 'expired');
