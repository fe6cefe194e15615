-- Sign-ups in progress: rebuilt, and moved to another id.

-- name: rebuild_draft
-- The newest phone and e-mail the flow asked about; a restarted flow ended all of its own. Numbers
-- and addresses change hands, and a number alone lets in: that is asked for again a day on. An
-- address's code may be followed by three steps more, of 20 hours each. The identity is the one that
-- waits in the flow, unless it got an account in another one. dormant: as in accounts.sql.
-- email_first: a number was kept in the flow, to be texted after the address is proved.
-- lifetime: after the last step.
SELECT p.phone, p.consumed_at IS NOT NULL AS phone_proved, p.user_id,
  p.kept AND p.consumed_at IS NULL AS phone_kept, p.text_after, EXISTS (
    SELECT 1 FROM phone_verifications k
    WHERE k.flow_id = :flow_id AND k.purpose = 'signup' AND k.kept
  ) AS email_first,
  e.email, e.consumed_at IS NOT NULL AS email_proved,
  i.issuer, i.subject, i.email AS told_email, i.email_verified, i.created_at AS told_at,
  CASE WHEN i.id IS NOT NULL THEN u.id END AS account,
  coalesce(((u.last_used_at < clock_timestamp() - interval '90 days'
             OR u.phone_doubted_at IS NOT NULL) AND u.email IS NOT NULL), false) AS dormant,
  greatest(p.created_at, p.consumed_at, e.created_at, e.consumed_at, i.created_at)
    + :lifetime - clock_timestamp() AS lives_on
FROM (SELECT 1) one
LEFT JOIN LATERAL (
  SELECT * FROM phone_verifications
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
    AND coalesce(consumed_at, created_at) > clock_timestamp() - interval '24 hours'
  ORDER BY created_at DESC LIMIT 1
) p ON true
LEFT JOIN LATERAL (
  SELECT * FROM email_verifications
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
    AND coalesce(consumed_at, created_at) > clock_timestamp() - interval '3 days'
  ORDER BY created_at DESC LIMIT 1
) e ON true
LEFT JOIN LATERAL (
  SELECT * FROM identity_proofs w
  WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
    AND created_at > clock_timestamp() - interval '3 days'
    AND NOT EXISTS (SELECT 1 FROM identities WHERE issuer = w.issuer AND subject = w.subject)
  LIMIT 1
) i ON true
LEFT JOIN users u
  ON u.phone = p.phone AND p.consumed_at IS NOT NULL AND p.user_id IS NULL
  AND (i.id IS NOT NULL OR u.created_at < p.consumed_at)
WHERE greatest(p.created_at, p.consumed_at, e.created_at, e.consumed_at, i.created_at)
    > clock_timestamp() - interval '20 hours'
  AND (p.id IS NOT NULL OR i.id IS NOT NULL);

-- name: rotate_flow
-- What the flow has come to goes on under another id. proof: the verification of the number that was
-- just consumed. Returns the address, if any, that was proved in another unfinished sign-up of the
-- same number: that of another device. It is adopted where nobody has the number and the flow has no
-- address, for ten minutes after both were proved there, in a row that keeps its time: later the
-- number may be somebody else's, who is not to be given the address of who had it.
WITH emails AS (
  UPDATE email_verifications SET flow_id = :new_flow_id
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL
  RETURNING 1
),
identities AS (
  UPDATE identity_proofs SET flow_id = :new_flow_id
  WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL
),
earlier AS (
  UPDATE phone_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL AND id <> :proof
),
moved AS (
  UPDATE phone_verifications SET flow_id = :new_flow_id, moved_from = :flow_id WHERE id = :proof
  RETURNING phone
),
recorded AS (
  INSERT INTO audit_events (event, flow_id, network, request_id)
  VALUES ('signup:phone_proved', :new_flow_id, :network, :request_id)
)
INSERT INTO email_verifications (id, flow_id, purpose, nonce, email, expires_at, consumed_at)
SELECT :adopted_id, :new_flow_id, e.purpose, e.nonce, e.email, e.expires_at, e.consumed_at
FROM moved
JOIN phone_verifications p ON p.phone = moved.phone
JOIN email_verifications e ON e.flow_id = p.flow_id
WHERE e.purpose = 'signup' AND e.consumed_at > clock_timestamp() - interval '10 minutes'
  AND e.user_id IS NULL AND e.ended_at IS NULL
  AND p.purpose = 'signup' AND p.consumed_at > clock_timestamp() - interval '10 minutes'
  AND p.user_id IS NULL AND p.ended_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM users WHERE phone = moved.phone)
  AND NOT EXISTS (SELECT 1 FROM emails)
  AND NOT EXISTS (
    SELECT 1 FROM email_verifications
    WHERE flow_id = :new_flow_id AND purpose = 'signup' AND ended_at IS NULL
  )
ORDER BY e.consumed_at DESC LIMIT 1
RETURNING email;

-- name: rotate_contacts
-- Something else was proved: the contacts go on under the new id, where that has none of its own.
-- The code that a phone still waits for stays what it is.
WITH emails AS (
  UPDATE email_verifications SET flow_id = :new_flow_id
  WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL AND user_id IS NULL
    AND NOT EXISTS (
      SELECT 1 FROM email_verifications
      WHERE flow_id = :new_flow_id AND purpose = 'signup' AND ended_at IS NULL
    )
)
UPDATE phone_verifications SET flow_id = :new_flow_id
WHERE flow_id = :flow_id AND purpose = 'signup' AND ended_at IS NULL AND user_id IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM phone_verifications
    WHERE flow_id = :new_flow_id AND purpose = 'signup' AND ended_at IS NULL
  );

-- name: rotate_identity
-- The one that waits.
UPDATE identity_proofs SET flow_id = :new_flow_id
WHERE flow_id = :flow_id AND ended_at IS NULL AND user_id IS NULL;

-- name: keep_number
-- Of a flow that proves its address first: nothing is sent, and its code is nobody's. Ends what the
-- flow waited for before. Another one at the same moment adds nothing. text_after: when the wait of
-- another number in this flow is over.
WITH ended AS (
  UPDATE phone_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = :flow_id AND purpose = 'signup' AND consumed_at IS NULL AND ended_at IS NULL
  RETURNING 1
),
kept AS (
  INSERT INTO phone_verifications
    (id, flow_id, purpose, nonce, phone, expires_at, kept, text_after)
  SELECT :id, :flow_id, 'signup', :nonce, :phone, clock_timestamp(), true, :text_after
  FROM (SELECT count(*) FROM ended) ended
  ON CONFLICT (flow_id, purpose) WHERE consumed_at IS NULL AND ended_at IS NULL DO NOTHING
  RETURNING 1
)
INSERT INTO audit_events (event, flow_id, network, request_id)
SELECT 'signup:number_kept', :flow_id, :network, :request_id FROM kept;

-- name: start_wait
-- Until then the kept number is not texted. Once begun it stays as it is.
UPDATE phone_verifications
SET text_after = coalesce(text_after, clock_timestamp() + make_interval(secs => :seconds))
WHERE flow_id = :flow_id AND purpose = 'signup' AND kept
  AND consumed_at IS NULL AND ended_at IS NULL
RETURNING text_after;
