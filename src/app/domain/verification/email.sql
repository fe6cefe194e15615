-- The codes that are sent to mailboxes. `phone.sql` has the same statements for phones, and a test
-- holds the two files to each other. The clock is always the database's.
--
-- Which mail a code comes in: whoever reads the mailbox is told whether it has an account, while
-- whoever asked sees the same page. Who changes theirs learns it only once they have proved the new
-- one.

-- name: start_code
-- Ends the flow's earlier code, adds a new one and queues its message. Does nothing, and answers
-- `needs_database_check`, while there were sends that the short memory did not count and the limits
-- in the database were not checked (limits_checked). A second start in the same flow at the same
-- moment finds the first one's row, adds nothing, and its `id` is null.
-- flow_id, purpose, contact: what is proved. id, nonce, lifetime: the new code's.
-- message_id, block, region, address, network, opened_by: the message's, for the limits of sends;
-- opened_by is '' where nobody is signed in. is_counted: whether the short memory counts it.
-- room, is_quiet: of the message, see `deliveries`; one that is_withheld is not sent.
-- language, zone: of whoever asks.
-- event, request_id: what is recorded, and who asked.
WITH gate AS (
  SELECT NOT :limits_checked AND EXISTS (
    SELECT 1 FROM deliveries
    WHERE NOT counted AND channel = 'email'
      AND created_at > statement_timestamp() - interval '1 day'
  ) AS needs_database_check
),
ended AS (
  UPDATE email_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = :flow_id AND purpose = :purpose
    AND consumed_at IS NULL AND ended_at IS NULL
    AND (SELECT NOT needs_database_check FROM gate)
  RETURNING 1
),
v AS (
  INSERT INTO email_verifications (id, flow_id, purpose, nonce, email, expires_at)
  SELECT :id, :flow_id, :purpose, :nonce, :contact, clock_timestamp() + :lifetime
  FROM (SELECT count(*) FROM ended) ended
  WHERE (SELECT NOT needs_database_check FROM gate)
  ON CONFLICT (flow_id, purpose) WHERE consumed_at IS NULL AND ended_at IS NULL DO NOTHING
  RETURNING *
),
queued AS (
  INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                          verification_id, nonce, purpose, opened_by, expires_at, counted,
                          language, zone, room, is_quiet, request_id, state)
  SELECT :message_id, 'email', CASE
           WHEN v.purpose = 'signup' AND known THEN 'email_taken'
           WHEN v.purpose = 'recovery' AND known THEN 'recovery_code'
           WHEN v.purpose = 'recovery' THEN 'recovery_unknown'
           WHEN v.purpose LIKE 'confirm%' THEN 'confirm_code'
           WHEN v.purpose = 'login' THEN 'login_code'
           WHEN v.purpose = 'change-email' THEN 'email_change_code'
           ELSE 'email_code'
         END, v.email, :block, :region, :address, :network,
         v.id, v.nonce, v.purpose, nullif(:opened_by, ''), v.expires_at, :is_counted,
         :language, :zone, :room, :is_quiet, :request_id,
         CASE WHEN :is_withheld THEN 'expired' ELSE 'queued' END
  FROM v,
  LATERAL (SELECT EXISTS (SELECT 1 FROM users WHERE users.email = v.email) AS known) owner
  RETURNING 1
),
recorded AS (
  INSERT INTO audit_events (event, flow_id, network, request_id)
  SELECT :event, :flow_id, :network, :request_id FROM queued
)
SELECT gate.needs_database_check, v.id FROM gate LEFT JOIN v ON true;

-- name: resend_code
-- Queues another message with the flow's code. Adds nothing, and its `id` is null, where that code
-- is used, spent (most_guesses) or has less than least_left of its life left. Parameters are those
-- of start_code; weight: how many messages it counts as.
WITH gate AS (
  SELECT NOT :limits_checked AND EXISTS (
    SELECT 1 FROM deliveries
    WHERE NOT counted AND channel = 'email'
      AND created_at > statement_timestamp() - interval '1 day'
  ) AS needs_database_check
),
v AS (
  SELECT * FROM email_verifications
  WHERE flow_id = :flow_id AND purpose = :purpose AND email = :contact
    AND consumed_at IS NULL AND ended_at IS NULL
    AND attempts < :most_guesses AND expires_at > clock_timestamp() + :least_left
    AND (SELECT NOT needs_database_check FROM gate)
  FOR UPDATE
),
queued AS (
  INSERT INTO deliveries (id, weight, channel, template, destination, block, region, address,
                          network, verification_id, nonce, purpose, opened_by, expires_at, counted,
                          language, zone, room, is_quiet, request_id, state)
  SELECT :message_id, :weight::smallint, 'email', CASE
           WHEN v.purpose = 'signup' AND known THEN 'email_taken'
           WHEN v.purpose = 'recovery' AND known THEN 'recovery_code'
           WHEN v.purpose = 'recovery' THEN 'recovery_unknown'
           WHEN v.purpose LIKE 'confirm%' THEN 'confirm_code'
           WHEN v.purpose = 'login' THEN 'login_code'
           WHEN v.purpose = 'change-email' THEN 'email_change_code'
           ELSE 'email_code'
         END, v.email, :block, :region, :address, :network,
         v.id, v.nonce, v.purpose, nullif(:opened_by, ''), v.expires_at, :is_counted,
         :language, :zone, :room, :is_quiet, :request_id,
         CASE WHEN :is_withheld THEN 'expired' ELSE 'queued' END
  FROM v,
  LATERAL (SELECT EXISTS (SELECT 1 FROM users WHERE users.email = v.email) AS known) owner
  RETURNING 1
),
recorded AS (
  INSERT INTO audit_events (event, flow_id, network, request_id)
  SELECT :event, :flow_id, :network, :request_id FROM queued
)
SELECT gate.needs_database_check, v.id FROM gate LEFT JOIN v ON true;

-- name: start_unsent_code
-- As start_code, but without a message. The code that was sent to the contact before, if it still
-- works, is not taken back by one that is not sent: the new row has its nonce. Returns the id, or
-- no row where another start was faster.
WITH ended AS (
  UPDATE email_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = :flow_id AND purpose = :purpose
    AND consumed_at IS NULL AND ended_at IS NULL
  RETURNING 1
)
INSERT INTO email_verifications (id, flow_id, purpose, nonce, email, expires_at)
SELECT :id, :flow_id, :purpose,
       coalesce((
         SELECT nonce FROM email_verifications before
         WHERE flow_id = :flow_id AND purpose = :purpose AND email = :contact
           AND consumed_at IS NULL AND ended_at IS NULL
           AND attempts < :most_guesses AND expires_at > clock_timestamp()
           AND EXISTS (SELECT 1 FROM deliveries WHERE verification_id = before.id)
       ), :nonce),
       :contact, clock_timestamp() + :lifetime
FROM (SELECT count(*) FROM ended) ended
ON CONFLICT (flow_id, purpose) WHERE consumed_at IS NULL AND ended_at IS NULL DO NOTHING
RETURNING id;

-- name: find_code
-- Everything a code page tells about the flow's newest code, in one look. Of what was sent to the
-- contact only what this flow has asked for is told: from more, a stranger would learn that the
-- owner was here. newest: the newest message that carries the code; unsure: it may have gone out.
SELECT v.id, v.email AS destination, v.attempts, v.expires_at,
       v.consumed_at IS NOT NULL AS consumed, v.user_id,
       extract(epoch FROM v.expires_at - clock_timestamp())::float AS seconds_left,
       sent.hour AS sent_this_hour, sent.day AS sent_today,
       extract(epoch FROM clock_timestamp() - sent.last)::float AS since_last_send,
       extract(epoch FROM clock_timestamp() - v.last_attempt_at)::float AS since_last_guess,
       extract(epoch FROM clock_timestamp() - v.consumed_at)::float AS since_proof,
       newest.state AS message_state, newest.template, newest.reason, newest.unsure, newest.age,
       newest.since, newest.is_quiet
FROM (
  SELECT * FROM email_verifications
  WHERE flow_id = :flow_id AND purpose = :purpose AND ended_at IS NULL
  ORDER BY created_at DESC LIMIT 1
) v,
LATERAL (
  SELECT coalesce(sum(weight) FILTER (WHERE created_at > clock_timestamp() - interval '1 hour'),
                  0)::int AS hour,
         coalesce(sum(weight), 0)::int AS day, max(created_at) AS last
  FROM deliveries
  WHERE destination = v.email AND created_at > clock_timestamp() - interval '1 day'
    AND verification_id IN (SELECT id FROM email_verifications own WHERE own.flow_id = :flow_id)
) sent
LEFT JOIN LATERAL (
  SELECT state, template, reason, uncertain > 0 OR provider_code IS NOT DISTINCT FROM 'abandoned' AS unsure,
         extract(epoch FROM clock_timestamp() - created_at)::float AS age,
         extract(epoch FROM clock_timestamp() - updated_at)::float AS since, is_quiet
  FROM deliveries WHERE verification_id = v.id ORDER BY created_at DESC LIMIT 1
) newest ON true;

-- name: lock_contact
-- Everybody's guesses at one contact stand in line, so that its budget cannot be raced.
SELECT pg_advisory_xact_lock(hashtextextended(:contact, 0));

-- name: count_guess
-- Counts a guess, unless the code is used, spent or over, or a budget of wrong guesses is full.
-- Returns no row then, else what the guess is compared with. One that was counted before is
-- `repeated`, and is not counted again.
--
-- Who guesses: a device that the owner of the contact has signed in from (device, its id), a flow
-- that has proved an e-mail address ('email'), or anybody else (''). Known devices have a budget of
-- their own, all of them together: whoever signs in by one proof makes as many as they like, to
-- guess at the other. When that is full, a known device is a stranger, so it is never worse off
-- than one. Of what strangers have, no address may use more than its share. The guesses at one code
-- count for whoever guessed last, so the code that is guessed at counts in both budgets.
-- id: the code's. contact_names, address_names: what contact and address are kept under, the newest
-- name first. subject: of the contact. was_consumed: whether the code was used already. guess:
-- what stands for the guess. most_guesses: for one code.
-- most_an_hour, most_a_day: wrong ones for the contact; ..._here: those of one address; null for no
-- limit. most_when_held, most_when_held_here: in a day, once most_in_a_row were wrong in a row.
-- What is `forgiven`, as the owner was here since, counts no more for all together; for an address,
-- or a flow that has a few of its own, it does: they see no difference. The first wrong guess after
-- an owner was here leaves last_wrong_at: it may be the owner's, and would keep the row longer and
-- longer.
WITH who AS (
  SELECT flow_id, CASE WHEN EXISTS (
    SELECT 1 FROM email_verifications e
    WHERE e.flow_id = v.flow_id AND e.consumed_at IS NOT NULL AND e.ended_at IS NULL
  ) THEN 'email' ELSE '' END AS stranger
  FROM email_verifications v WHERE id = :id
),
guesses AS (
  SELECT g.attempts - (g.consumed_at IS NOT NULL)::int AS wrong, g.last_attempt_at AS at,
         g.guessed_from = ANY(:address_names::text[]) AS from_here, g.forgiven,
         g.guessed_by NOT IN ('', 'email') OR g.id = :id AS of_known,
         g.guessed_by IN ('', 'email') OR g.id = :id AS of_strangers,
         (g.guessed_by = stranger OR g.id = :id)
           AND (stranger = '' OR g.flow_id = who.flow_id) AS of_few
  FROM email_verifications g, who
  WHERE g.email = ANY(:contact_names) AND g.created_at > clock_timestamp() - interval '2 days'
    AND g.last_attempt_at IS NOT NULL
),
limits (most, lasts, is_share, is_few, is_known) AS (VALUES
  (:most_an_hour::int, interval '1 hour', false, false, true),
  (:most_a_day, interval '1 day', false, false, true),
  (:most_an_hour, interval '1 hour', false, false, false),
  (:most_a_day, interval '1 day', false, false, false),
  (:most_an_hour_here, interval '1 hour', true, false, false),
  (:most_a_day_here, interval '1 day', true, false, false),
  (:most_when_held, interval '1 day', false, true, false),
  (:most_when_held_here, interval '1 day', true, true, false)
),
in_force AS (
  SELECT limits.*, is_share OR is_few AND stranger = 'email' AS is_own FROM limits, who
  WHERE (NOT is_known OR :device::text <> '') AND NOT (is_share AND is_few AND stranger = 'email')
    AND (NOT is_few OR :most_in_a_row <= (
      SELECT in_a_row - CASE WHEN is_share OR stranger = 'email' THEN 0 ELSE forgiven END
      FROM contact_failures WHERE subject = :subject
    ))
),
full_until AS (
  SELECT is_known, CASE most WHEN 0 THEN clock_timestamp() ELSE max(at) END + lasts AS until
  FROM in_force LEFT JOIN LATERAL (
    SELECT at, sum(wrong) OVER (ORDER BY at DESC) AS so_far FROM guesses
    WHERE CASE WHEN is_known THEN of_known ELSE of_strangers END
      AND (from_here OR NOT is_share) AND (of_few OR NOT is_few)
      AND (is_own OR NOT forgiven)
  ) newest_first ON so_far >= most
  GROUP BY most, lasts, is_share, is_few, is_known
),
budgets AS (
  SELECT is_known, coalesce(max(until), clock_timestamp()) AS until
  FROM full_until GROUP BY is_known
),
room AS (
  SELECT is_known FROM budgets WHERE until <= clock_timestamp() ORDER BY is_known DESC LIMIT 1
),
counted AS (
  UPDATE email_verifications SET attempts = attempts + 1, last_attempt_at = clock_timestamp(),
    guessed_by = CASE WHEN is_known THEN :device ELSE stranger END,
    guessed_from = (:address_names)[1], forgiven = false, tried = tried || :guess::text
  FROM who, room
  WHERE id = :id AND ended_at IS NULL AND (consumed_at IS NOT NULL) = :was_consumed
    AND attempts < :most_guesses AND expires_at > clock_timestamp() AND :guess <> ALL (tried)
  RETURNING nonce, attempts
),
failed AS (
  INSERT INTO contact_failures AS f (subject, in_a_row)
  SELECT :subject, 1 FROM counted WHERE NOT :was_consumed
  ON CONFLICT (subject) DO UPDATE SET
    in_a_row = f.in_a_row + 1,
    last_wrong_at = CASE WHEN f.in_a_row = f.forgiven THEN f.last_wrong_at
                         ELSE clock_timestamp() END
  RETURNING in_a_row - forgiven AS in_a_row
)
SELECT nonce, attempts, false AS repeated, (SELECT in_a_row FROM failed) AS in_a_row FROM counted
UNION ALL
SELECT nonce, attempts, true, NULL FROM email_verifications
WHERE id = :id AND ended_at IS NULL AND (consumed_at IS NOT NULL) = :was_consumed
  AND attempts < :most_guesses AND expires_at > clock_timestamp() AND :guess = ANY (tried);

-- name: find_lock
-- Seconds until enough of the wrong guesses that fill a budget are old enough, for a known device
-- the one that is free first. Budgets and parameters are those of count_guess.
WITH who AS (
  SELECT flow_id, CASE WHEN EXISTS (
    SELECT 1 FROM email_verifications e
    WHERE e.flow_id = v.flow_id AND e.consumed_at IS NOT NULL AND e.ended_at IS NULL
  ) THEN 'email' ELSE '' END AS stranger
  FROM email_verifications v WHERE id = :id
),
guesses AS (
  SELECT g.attempts - (g.consumed_at IS NOT NULL)::int AS wrong, g.last_attempt_at AS at,
         g.guessed_from = ANY(:address_names::text[]) AS from_here, g.forgiven,
         g.guessed_by NOT IN ('', 'email') OR g.id = :id AS of_known,
         g.guessed_by IN ('', 'email') OR g.id = :id AS of_strangers,
         (g.guessed_by = stranger OR g.id = :id)
           AND (stranger = '' OR g.flow_id = who.flow_id) AS of_few
  FROM email_verifications g, who
  WHERE g.email = ANY(:contact_names) AND g.created_at > clock_timestamp() - interval '2 days'
    AND g.last_attempt_at IS NOT NULL
),
limits (most, lasts, is_share, is_few, is_known) AS (VALUES
  (:most_an_hour::int, interval '1 hour', false, false, true),
  (:most_a_day, interval '1 day', false, false, true),
  (:most_an_hour, interval '1 hour', false, false, false),
  (:most_a_day, interval '1 day', false, false, false),
  (:most_an_hour_here, interval '1 hour', true, false, false),
  (:most_a_day_here, interval '1 day', true, false, false),
  (:most_when_held, interval '1 day', false, true, false),
  (:most_when_held_here, interval '1 day', true, true, false)
),
in_force AS (
  SELECT limits.*, is_share OR is_few AND stranger = 'email' AS is_own FROM limits, who
  WHERE (NOT is_known OR :device::text <> '') AND NOT (is_share AND is_few AND stranger = 'email')
    AND (NOT is_few OR :most_in_a_row <= (
      SELECT in_a_row - CASE WHEN is_share OR stranger = 'email' THEN 0 ELSE forgiven END
      FROM contact_failures WHERE subject = :subject
    ))
),
full_until AS (
  SELECT is_known, CASE most WHEN 0 THEN clock_timestamp() ELSE max(at) END + lasts AS until
  FROM in_force LEFT JOIN LATERAL (
    SELECT at, sum(wrong) OVER (ORDER BY at DESC) AS so_far FROM guesses
    WHERE CASE WHEN is_known THEN of_known ELSE of_strangers END
      AND (from_here OR NOT is_share) AND (of_few OR NOT is_few)
      AND (is_own OR NOT forgiven)
  ) newest_first ON so_far >= most
  GROUP BY most, lasts, is_share, is_few, is_known
),
budgets AS (
  SELECT is_known, coalesce(max(until), clock_timestamp()) AS until
  FROM full_until GROUP BY is_known
)
SELECT extract(epoch FROM min(until) - clock_timestamp())::float FROM budgets;

-- name: uncount_guess
-- A right guess at a code that was used before: it is no second guess.
UPDATE email_verifications SET attempts = attempts - 1 WHERE id = :id;

-- name: find_owner
-- Whose account the contact is in.
SELECT id, device_epoch FROM users WHERE email = :contact;

-- name: consume_code
-- Uses the code up, for one caller alone: the others get no row. A contact that is proved (subject)
-- begins anew, as wrong codes count in a row. After most_in_a_row of them each address has its smaller
-- share all the same, or it would see that the owner was here. Mail arrives at the address. event:
-- what is recorded of the flow, '' for nothing.
WITH consumed AS (
  UPDATE email_verifications SET consumed_at = clock_timestamp()
  WHERE id = :id AND consumed_at IS NULL AND ended_at IS NULL
  RETURNING email, flow_id
),
cleared AS (
  DELETE FROM contact_failures
  WHERE subject = :subject AND EXISTS (SELECT FROM consumed)
    AND in_a_row < :most_in_a_row
),
forgiven AS (
  UPDATE contact_failures SET forgiven = in_a_row
  WHERE subject = :subject AND EXISTS (SELECT FROM consumed)
    AND in_a_row >= :most_in_a_row
),
recorded AS (
  INSERT INTO audit_events (event, flow_id, network, request_id)
  SELECT :event, flow_id, :network, :request_id FROM consumed WHERE :event <> ''
),
arrived AS (
  UPDATE users SET email_bounced_at = NULL, email_bounces = 0
  WHERE email = (SELECT email FROM consumed) AND email_bounced_at IS NOT NULL
)
SELECT email FROM consumed;

-- name: end_codes
-- Whatever the flow waits for or has proved, unless it went into an account, proves nothing more.
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL;

-- name: drop_code
-- This code alone is no longer waited for. No row where it was used or ended before.
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE id = :id AND consumed_at IS NULL AND ended_at IS NULL
RETURNING id;

-- name: rotate_code
-- The code that was just consumed is that of the flow's next id.
UPDATE email_verifications SET flow_id = :new_flow_id, moved_from = :flow_id WHERE id = :id;

-- name: find_rotated
-- The contact that was proved in a flow, and the id that the flow goes on under by that. The answer
-- that told of the new id may be lost: while the code would have lived, it can be entered again
-- under the old one, and leads on if what the flow became was not begun anew.
SELECT email AS contact, flow_id FROM email_verifications v
WHERE moved_from = :flow_id AND purpose = :purpose AND ended_at IS NULL
  AND expires_at > clock_timestamp()
  AND NOT EXISTS (
    SELECT 1 FROM email_verifications newer
    WHERE newer.flow_id = v.flow_id AND newer.purpose = :purpose
      AND newer.created_at > v.created_at AND newer.ended_at IS NULL
  )
ORDER BY consumed_at DESC LIMIT 1;
