-- Notices: messages that nobody asked for. They have no address, and so count to nobody's limits.

-- name: queue_notice
-- Kept until it could be sent, for a week. context: of the template, as JSON. language: where the
-- account user_id has none. Whoever causes it may be an intruder, whose zone would be none to tell
-- times in. region: of a number, by which it is paid. most_bounces: of the account's address, from which on it gets no more notices.
-- A number that an operator keeps out gets none.
INSERT INTO deliveries
  (id, channel, template, destination, region, address, network, context, expires_at, language, zone,
   request_id, state, reason)
SELECT :id, :channel, :template, :destination, :region, '', :network, :context,
  clock_timestamp() + interval '7 days', coalesce(u.language, :language), coalesce(u.zone, ''),
  :request_id,
  CASE WHEN bounced.often OR blocked.out THEN 'refused' ELSE 'queued' END,
  CASE WHEN blocked.out THEN 'blocked' WHEN bounced.often THEN 'unusable' END
FROM (SELECT) one LEFT JOIN users u ON u.id = :user_id
CROSS JOIN LATERAL (
  SELECT coalesce(u.email = :destination AND u.email_bounces >= :most_bounces, false) AS often
) bounced
CROSS JOIN LATERAL (
  SELECT :channel = 'sms' AND EXISTS (
    SELECT FROM blocks
    WHERE (kind = 'number' AND value = :destination
           OR kind = 'block' AND starts_with(:destination, value))
      AND (until IS NULL OR until > clock_timestamp())
  ) AS out
) blocked;

-- name: find_phones
-- The account's; those it had while their change can still be undone; and for a week those that a
-- recovery or an undo took off it. Else whoever puts another in the place of the owner's would be
-- the only one who is told.
SELECT phone AS contact FROM users WHERE id = :user_id AND phone IS NOT NULL
UNION SELECT old_value FROM contact_changes
WHERE user_id = :user_id AND kind = 'phone' AND old_value IS NOT NULL
  AND coalesce(undo_begun_at, changed_at) > clock_timestamp() - interval '7 days'
UNION SELECT new_value FROM contact_changes
WHERE user_id = :user_id AND kind = 'phone' AND undone_at > clock_timestamp() - interval '7 days';

-- name: find_emails
-- As find_phones.
SELECT email AS contact FROM users WHERE id = :user_id AND email IS NOT NULL
UNION SELECT old_value FROM contact_changes
WHERE user_id = :user_id AND kind = 'email' AND old_value IS NOT NULL
  AND coalesce(undo_begun_at, changed_at) > clock_timestamp() - interval '7 days'
UNION SELECT new_value FROM contact_changes
WHERE user_id = :user_id AND kind = 'email' AND undone_at > clock_timestamp() - interval '7 days';

-- name: has_address
-- Of its own: mail to those of before reaches its owner no more, perhaps.
SELECT email IS NOT NULL FROM users WHERE id = :user_id;

-- name: lock_device_notices
-- Until the transaction ends, notices about devices of one person are queued one after the other:
-- what the others queued is then seen.
SELECT pg_advisory_xact_lock(hashtextextended('new device ' || :user_id::uuid::text, 0));

-- name: count_in_summary
-- One more device in the summary that waits, if any. One that a dispatcher has in flight already is
-- left alone.
UPDATE deliveries
SET context = context || jsonb_build_object('count', ((context->>'count')::int + 1)::text)
WHERE destination = :destination AND template = 'new_devices' AND state = 'queued'
RETURNING id;

-- name: queue_summary
-- An hour after the last notice of a device, if there was one within the hour. Its language is that
-- of queue_notice.
INSERT INTO deliveries
  (id, channel, template, destination, address, network, context, next_try_at, expires_at,
   language, zone)
SELECT :id, 'email', 'new_devices', :destination, '', :network, :context,
  told.at + interval '1 hour', clock_timestamp() + interval '7 days',
  coalesce(u.language, :language), coalesce(u.zone, '')
FROM (
  SELECT max(updated_at) AS at FROM deliveries
  WHERE destination = :destination AND template IN ('new_device', 'new_devices')
) told
LEFT JOIN users u ON u.id = :user_id
WHERE told.at > clock_timestamp() - interval '1 hour'
RETURNING id;

-- name: drop_summaries
-- Those that still wait.
DELETE FROM deliveries
WHERE destination = ANY(:destinations) AND template = 'new_devices' AND state = 'queued'
RETURNING id;
