-- Changes of numbers and addresses, and what undoes them.

-- name: add_change
-- old_doubted_at: of a number that was in doubt.
INSERT INTO contact_changes (id, user_id, kind, old_value, new_value, old_doubted_at)
VALUES (:id, :user_id, :kind, :old_value, :new_value, :old_doubted_at);

-- name: find_linked_addresses
-- Who of all that are told is sent the link to undo it: the address there is now (`email`) and those
-- of the week, so that who changes it twice keeps nothing from the owner. But only a settled one: the
-- account's for a week at a stretch, or before any change we know of, undone ones too. Else the one
-- that an intruder put there could undo the owner's remedy.
WITH known AS (
  SELECT * FROM contact_changes WHERE user_id = :user_id AND kind = 'email'
),
changes AS (
  SELECT * FROM known WHERE undone_at IS NULL
)
SELECT address FROM (
  SELECT old_value FROM changes WHERE changed_at > clock_timestamp() - interval '7 days'
  UNION SELECT :email
) AS lately (address)
WHERE (
  SELECT k.new_value FROM known k WHERE address IN (k.old_value, k.new_value)
  ORDER BY k.changed_at LIMIT 1
) IS DISTINCT FROM address OR EXISTS (
  SELECT 1 FROM changes c
  WHERE c.new_value = address AND c.changed_at < clock_timestamp() - interval '7 days'
    AND NOT EXISTS (
      SELECT 1 FROM changes l WHERE l.old_value = address
        AND l.changed_at BETWEEN c.changed_at AND c.changed_at + interval '7 days'
    )
);

-- name: find_change
-- As it stands now. `since` is where its undo goes back to, however late it is confirmed: seven days
-- before the first change of the week up to it. What was there by then is trusted and proves
-- something; what came after is taken back.
-- phone, email: what comes back is what was there before the first change of the week up to this
-- one: whoever changes something twice keeps nothing by that. By what else was there then it is
-- confirmed. The rule is that of find_earlier_value (`rollback.sql`).
-- password_hash: what the account had at `since`, replaced since or not. Not one that a recovery had
-- set, which proves no more than the mailbox, and not one that was there for less than a week, unless
-- the account was made with it: an intruder may have chosen it.
SELECT c.id, c.user_id, c.kind, b.phone, b.email, p.password_hash, w.since,
  u.email IS NOT NULL AS has_address,
  EXISTS (SELECT 1 FROM users o WHERE o.phone = b.phone AND o.id <> u.id) AS phone_taken,
  c.undone_at IS NOT NULL AS undone, c.undo_begun_at IS NOT NULL AS begun,
  coalesce(c.undo_begun_at, c.changed_at) < clock_timestamp() - interval '7 days' AS expired,
  CASE c.kind WHEN 'phone' THEN u.phone = b.phone ELSE u.email = b.email END IS TRUE AS is_back,
  CASE c.kind
    WHEN 'phone' THEN EXISTS (SELECT 1 FROM users o WHERE o.phone = b.phone AND o.id <> u.id)
    ELSE EXISTS (SELECT 1 FROM users o WHERE o.email = b.email AND o.id <> u.id)
  END AS taken
FROM contact_changes c
JOIN users u ON u.id = c.user_id
CROSS JOIN LATERAL (
  SELECT coalesce(min(e.changed_at), c.changed_at) - interval '7 days' AS since
  FROM contact_changes e
  WHERE e.user_id = c.user_id AND e.undone_at IS NULL
    AND e.changed_at > c.changed_at - interval '7 days'
) w
CROSS JOIN LATERAL (
  SELECT
    (SELECT value FROM (
      SELECT e.old_value AS value, e.changed_at FROM contact_changes e
      WHERE e.user_id = c.user_id AND e.kind = 'phone' AND e.undone_at IS NULL
        AND e.changed_at > (
          SELECT coalesce(max(changed_at), '-infinity') FROM (
            SELECT s.changed_at, least(lead(s.changed_at) OVER (ORDER BY s.changed_at),
              w.since + interval '7 days') - s.changed_at AS stayed
            FROM contact_changes s
            WHERE s.user_id = c.user_id AND s.kind = 'phone' AND s.undone_at IS NULL
          ) stays WHERE stayed >= interval '7 days'
        )
      UNION ALL
      SELECT CASE WHEN c.kind = 'phone' AND c.undone_at IS NULL THEN c.old_value ELSE u.phone END,
        'infinity'
    ) held ORDER BY changed_at LIMIT 1) AS phone,
    (SELECT value FROM (
      SELECT e.old_value AS value, e.changed_at FROM contact_changes e
      WHERE e.user_id = c.user_id AND e.kind = 'email' AND e.undone_at IS NULL
        AND e.changed_at > (
          SELECT coalesce(max(changed_at), '-infinity') FROM (
            SELECT s.changed_at, least(lead(s.changed_at) OVER (ORDER BY s.changed_at),
              w.since + interval '7 days') - s.changed_at AS stayed
            FROM contact_changes s
            WHERE s.user_id = c.user_id AND s.kind = 'email' AND s.undone_at IS NULL
          ) stays WHERE stayed >= interval '7 days'
        )
      UNION ALL
      SELECT CASE WHEN c.kind = 'email' AND c.undone_at IS NULL THEN c.old_value ELSE u.email END,
        'infinity'
    ) held ORDER BY changed_at LIMIT 1) AS email
) b
LEFT JOIN LATERAL (
  SELECT password_hash FROM (
    SELECT u.password_hash, u.password_changed_at AS set_at,
      'infinity'::timestamptz AS replaced_at, u.password_reset_at IS NOT NULL AS by_mail
    UNION ALL
    SELECT password_hash, set_at, replaced_at, by_mail FROM former_passwords WHERE user_id = u.id
  ) p
  WHERE set_at <= greatest(u.created_at, w.since) AND replaced_at > greatest(u.created_at, w.since)
    AND (set_at <= u.created_at OR replaced_at >= set_at + interval '7 days') AND NOT by_mail
  ORDER BY set_at DESC LIMIT 1
) p ON true
WHERE c.id = :change_id;

-- name: has_earlier_identity
-- Of the moment before the first change that the undo takes back. Not one that was younger than seven
-- days then: whoever takes an account over can link one first and change a contact then. One that the
-- account was made with has its time. subject: null for any.
SELECT EXISTS (
  SELECT 1 FROM contact_changes c JOIN users u ON u.id = c.user_id,
  LATERAL (
    SELECT coalesce(min(e.changed_at), c.changed_at) - interval '7 days' AS since
    FROM contact_changes e
    WHERE e.user_id = c.user_id AND e.undone_at IS NULL
      AND e.changed_at > c.changed_at - interval '7 days'
  ) w,
  LATERAL (
    SELECT issuer, subject, created_at AS linked_at, 'infinity'::timestamptz AS removed_at
    FROM identities WHERE user_id = c.user_id
    UNION ALL
    SELECT issuer, subject, linked_at, removed_at FROM former_identities WHERE user_id = c.user_id
  ) i
  WHERE c.id = :change_id AND i.issuer = :issuer
    AND i.linked_at <= greatest(u.created_at, w.since)
    AND i.removed_at > w.since + interval '7 days'
    AND (:subject::text IS NULL OR i.subject = :subject)
);

-- name: find_mailed
-- Where the mails with the link to undo it went.
SELECT destination FROM deliveries
WHERE context ->> 'change' = :change_id::uuid::text AND destination IN (
  SELECT unnest(ARRAY[u.email, e.old_value, e.new_value])
  FROM contact_changes c JOIN users u ON u.id = c.user_id
  LEFT JOIN contact_changes e ON e.user_id = u.id AND e.kind = 'email'
  WHERE c.id = :change_id
);

-- name: begin_undo
-- No row where it was begun already.
UPDATE contact_changes SET undo_begun_at = clock_timestamp()
WHERE id = :change_id AND undo_begun_at IS NULL RETURNING id;

-- name: forget_removed_identities
-- Once no change is left whose undo they could confirm.
DELETE FROM former_identities f WHERE user_id = :user_id AND NOT EXISTS (
  SELECT 1 FROM contact_changes c
  WHERE c.user_id = f.user_id AND c.undone_at IS NULL AND c.changed_at < f.removed_at
);
