-- What the short memory is told once it has forgotten, and what it never counted.

-- name: has_uncounted
-- What was sent while the short memory was silent.
SELECT EXISTS (
  SELECT 1 FROM deliveries
  WHERE NOT counted AND channel IN ('sms', 'email')
    AND created_at > statement_timestamp() - interval '1 day'
);

-- name: list_sent_today
-- What the limits of sends count, in order, at most so many after a message (after, after_id). age:
-- in seconds. session: that asked for a code to its own number or address. proved: the code of a text
-- was entered.
SELECT d.id, d.channel, coalesce(d.region, '') AS region, d.block, d.address, d.network, d.opened_by, d.counted,
  d.created_at, d.room, d.proved, d.weight, extract(epoch FROM statement_timestamp() - d.created_at)::float AS age,
  CASE d.channel WHEN 'sms' THEN d.destination ELSE coalesce(d.block, d.destination) END AS contact,
  CASE WHEN split_part(d.purpose, '-', 1) = 'confirm' AND d.opened_by IS NOT NULL
    THEN coalesce(p.flow_id, e.flow_id) END AS session,
  d.purpose IS NOT DISTINCT FROM 'signup' AND d.opened_by IS NOT NULL AS by_mailbox
FROM deliveries d
LEFT JOIN phone_verifications p ON p.id = d.verification_id
LEFT JOIN email_verifications e ON e.id = d.verification_id
WHERE d.address <> '' AND d.created_at > statement_timestamp() - interval '1 day'
  AND (d.created_at, d.id) > (:after, :after_id)
ORDER BY d.created_at, d.id LIMIT :most;

-- name: mark_counted
-- By now the short memory counts them.
UPDATE deliveries SET counted = true WHERE id = ANY(:ids::uuid[]);
