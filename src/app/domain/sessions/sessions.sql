-- Sessions. One lives while it is not revoked and neither of its two lifetimes is over. The clock is
-- always the database's.

-- name: open_session
-- With its audit event, in one turn: it is what every way in ends with. No row for an account that
-- is gone; one that is being deleted is waited for. `last_used_at` of the account is set once a day
-- or so, and never waited for: whoever holds the row is using it, too.
-- id, user_id, device, network, identity_id: the session's. amr: how the person was proved.
-- idle, absolute: its lifetimes. address: the one they are at; address_names: what that is kept
-- under. subjects: those of the account's contacts. known_epochs: of the device, where the owner of a
-- contact has used it before. Only such a one says in which zone the account is told of things, and in
-- which language where nobody chose one: not whoever has stolen a password.
--
-- Whoever is in by their number has shown that they have it: what strangers guessed at its codes
-- before locks nobody out any more who was not at it. Another proof forgives none of those, or
-- whoever has stolen a password would guess on with each sign-in; but it lets strangers have all
-- their tries again after most_in_a_row wrong codes for a contact. What strangers got wrong of
-- passwords is forgiven by any proof but a password, which forgives those of its own device alone.
-- What an address has used of its own share stays used, or it could tell by trying that there is an
-- account and that its owner was here; but for the address that they are at. Rows that somebody uses
-- at this moment are skipped, so that nobody waits for a stranger's guess.
WITH used AS (
  UPDATE users SET last_used_at = clock_timestamp(), language = due.language, zone = due.zone
  FROM (
    SELECT users.id, reader.language, reader.zone
    FROM users, LATERAL (
      SELECT device_epoch = ANY(:known_epochs::integer[]) AS is_known
    ) device, LATERAL (
      SELECT CASE WHEN is_known THEN coalesce(users.language, :language)
                  ELSE users.language END AS language,
             CASE WHEN is_known AND :zone::text <> '' THEN :zone ELSE users.zone END AS zone
    ) reader
    WHERE users.id = :user_id
      AND (last_used_at < clock_timestamp() - interval '1 day'
           OR (users.language, users.zone) IS DISTINCT FROM (reader.language, reader.zone))
    FOR NO KEY UPDATE OF users SKIP LOCKED
  ) due
  WHERE users.id = due.id
),
opened AS (
  INSERT INTO sessions
    (id, user_id, amr, opened_amr, device, network, idle_expires_at, expires_at, identity_id)
  SELECT :id, id, :amr, :amr, :device, :network, clock_timestamp() + :idle,
         clock_timestamp() + :absolute, :identity_id
  FROM users WHERE id = :user_id FOR KEY SHARE
  RETURNING user_id, authenticated_at
),
recorded AS (
  INSERT INTO audit_events (event, user_id, network, request_id, details)
  SELECT 'session:opened', user_id, :network, :request_id,
         jsonb_build_object('amr', array_to_string(:amr, ' '), 'device', :device::text, 'known',
           CASE WHEN device_epoch = ANY(:known_epochs::integer[]) THEN 'yes' ELSE 'no' END)
  FROM opened JOIN users ON users.id = user_id
),
in_a_row AS (
  UPDATE contact_failures SET forgiven = in_a_row
  WHERE in_a_row - forgiven >= :most_in_a_row AND subject IN (
    SELECT subject FROM contact_failures WHERE subject = ANY(:subjects::bytea[])
      AND EXISTS (SELECT FROM opened)
    FOR UPDATE SKIP LOCKED
  )
),
phone_guesses AS (
  UPDATE phone_verifications SET forgiven = true,
    last_attempt_at = CASE WHEN guessed_from = ANY(:address_names::text[]) THEN NULL
                           ELSE last_attempt_at END
  WHERE id IN (
    SELECT id FROM phone_verifications
    WHERE phone = ANY(SELECT phone FROM users WHERE id IN (SELECT user_id FROM opened))
      AND 'sms' = ANY(:amr::text[]) AND created_at > clock_timestamp() - interval '2 days'
      AND last_attempt_at > clock_timestamp() - interval '1 day'
      AND guessed_by IN ('', 'email')
    FOR UPDATE SKIP LOCKED
  )
),
passwords AS (
  DELETE FROM password_budgets WHERE (subject, device) IN (
    SELECT subject, device FROM password_budgets
    WHERE subject = ANY(:subjects::bytea[]) AND EXISTS (SELECT FROM opened)
      AND device IN ('', :address::text) AND 'pwd' <> ALL (:amr::text[])
    FOR UPDATE SKIP LOCKED
  )
)
SELECT opened.authenticated_at, users.email, users.phone, users.device_epoch,
  coalesce(users.language, '') AS language
FROM opened JOIN users ON users.id = opened.user_id;

-- name: refresh_session
-- One row update decides. The newest token rotates. The one before is answered with the newest
-- again, since its answer may have been lost or other requests be under way, until ten seconds have
-- passed and the newest has been seen in use. Anything older, or later, was copied: that is for
-- end_copied.
-- generation: of the token presented. idle: the lifetime. most: how often it may rotate within
-- counted_for.
WITH refreshed AS (
  UPDATE sessions SET
    generation = generation + (generation = :generation)::int,
    rotated_at = CASE WHEN generation = :generation THEN clock_timestamp() ELSE rotated_at END,
    seen_generation = greatest(seen_generation, least(:generation, generation)),
    counted_from = CASE
      WHEN generation = :generation AND counted_since < clock_timestamp() - :counted_for::interval
      THEN generation ELSE counted_from END,
    counted_since = CASE
      WHEN generation = :generation AND counted_since < clock_timestamp() - :counted_for::interval
      THEN clock_timestamp() ELSE counted_since END,
    last_used_at = clock_timestamp(),
    idle_expires_at = clock_timestamp() + :idle
  WHERE id = :id
    AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
    AND :generation <= generation
    AND NOT (generation > :generation + 1
             OR (generation = :generation + 1 AND seen_generation >= generation
                 AND rotated_at < clock_timestamp() - interval '10 seconds'))
    AND (generation > :generation OR (:most > 0 AND (
      counted_since < clock_timestamp() - :counted_for::interval
      OR generation - counted_from < :most
    )))
  RETURNING user_id, generation, amr, authenticated_at
),
used AS (
  UPDATE users SET last_used_at = clock_timestamp() WHERE id IN (
    SELECT id FROM users
    WHERE id IN (SELECT user_id FROM refreshed)
      AND last_used_at < clock_timestamp() - interval '1 day'
    FOR NO KEY UPDATE SKIP LOCKED
  )
)
SELECT * FROM refreshed;

-- name: can_refresh
-- Whether refresh_session would refresh the token, which is not used up by that.
SELECT 1 FROM sessions
WHERE id = :id
  AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
  AND :generation <= generation
  AND NOT (generation > :generation + 1
           OR (generation = :generation + 1 AND seen_generation >= generation
               AND rotated_at < clock_timestamp() - interval '10 seconds'));

-- name: end_copied
-- Ends the session of a token that must have been copied, by the rule of refresh_session.
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = 'replayed'
WHERE id = :id
  AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
  AND (generation > :generation + 1
       OR (generation = :generation + 1 AND seen_generation >= generation
           AND rotated_at < clock_timestamp() - interval '10 seconds'))
RETURNING user_id, device;

-- name: find_refresh_wait
-- Seconds until the newest token may rotate again; no row for any other.
SELECT extract(epoch FROM counted_since + :counted_for::interval - clock_timestamp())::float
FROM sessions
WHERE id = :id
  AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
  AND generation = :generation;

-- name: find_opened_amr
-- How it was opened. One that was opened before this was kept has shown what was last proved in it.
SELECT coalesce(opened_amr, amr) FROM sessions
WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp();

-- name: renew_session
-- A fresh proof (amr). The token before stays good for those who asked with it at the same moment,
-- and where the answer was lost: nobody has seen the newest then, so it is given again.
UPDATE sessions SET
  authenticated_at = clock_timestamp(), rotated_at = clock_timestamp(),
  opened_amr = coalesce(opened_amr, amr), amr = :amr, without_phone_at = NULL,
  generation = generation + (seen_generation >= generation)::int,
  last_used_at = clock_timestamp(), idle_expires_at = clock_timestamp() + :idle
WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
RETURNING generation, authenticated_at;

-- name: find_unseen_renewal
-- What a fresh proof has just given, until somebody has used it.
SELECT generation, authenticated_at, amr FROM sessions
WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
  AND seen_generation < generation
  AND rotated_at > clock_timestamp() - interval '10 seconds';

-- name: is_fresh
-- Whether another kind of proof than opened it was given within `fresh`. proved_at is that which the
-- access token tells of: another of the session's may be newer, and whoever holds a copy of this
-- token gains nothing by that.
SELECT EXISTS (
  SELECT 1 FROM sessions
  WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
    AND 'mfa' = ANY(amr)
    AND least(authenticated_at, :proved_at) > clock_timestamp() - :fresh::interval
);

-- name: confirm_without_phone
-- From now on, what the session changes has to wait.
UPDATE sessions SET without_phone_at = clock_timestamp()
WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
RETURNING id;

-- name: can_delay_changes
-- Whether it was confirmed without the phone within `fresh`.
SELECT EXISTS (
  SELECT 1 FROM sessions
  WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
    AND without_phone_at > clock_timestamp() - :fresh::interval
);

-- name: is_delaying_changes
-- Whether what the session changes has to wait.
SELECT without_phone_at IS NOT NULL FROM sessions WHERE id = :id;

-- name: lock_session
-- It does not end before the transaction does.
SELECT 1 FROM sessions
WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
FOR SHARE;

-- name: check_session
-- Whether it lives, and the newest generation that was seen in use.
SELECT seen_generation FROM sessions
WHERE id = :id AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp();

-- name: mark_seen
-- A token of that generation is in use.
UPDATE sessions SET seen_generation = :generation, last_used_at = clock_timestamp()
WHERE id = :id AND seen_generation < :generation AND generation >= :generation;

-- name: list_sessions
-- Those of a person that live, the last used first.
SELECT id, device, network, created_at, last_used_at, amr FROM sessions
WHERE user_id = :user_id
  AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()
ORDER BY last_used_at DESC;

-- name: end_session
-- One of this person's.
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = :reason
WHERE user_id = :user_id AND id = :id AND revoked_at IS NULL
RETURNING id;

-- name: end_presented
-- Whoever's it is.
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = :reason
WHERE id = :id AND revoked_at IS NULL
RETURNING user_id;

-- name: end_all_sessions
-- All of a person's, except `but`, which may be null.
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = :reason
WHERE user_id = :user_id AND id IS DISTINCT FROM :but AND revoked_at IS NULL
RETURNING id;

-- name: end_opened_by_identity
-- All that the identity opened, except `but`. Where the identity was not noted, by a server of the
-- version before, it may be any that an identity opened.
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = :reason
WHERE user_id = :user_id AND id <> :but AND revoked_at IS NULL
  AND coalesce(opened_amr, amr) = '{fed}'
  AND coalesce(identity_id, :identity_id) = :identity_id
RETURNING id;

-- name: end_opened_with
-- All whose only proof is `amr`: that is what opened them. Except `but`, which may be null.
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = :reason
WHERE user_id = :user_id AND amr = :amr AND id IS DISTINCT FROM :but AND revoked_at IS NULL
RETURNING id;

-- name: unconfirm_sessions
-- Those that were confirmed by such a proof (amr) are again what opened them.
UPDATE sessions SET amr = opened_amr, authenticated_at = created_at
WHERE user_id = :user_id AND revoked_at IS NULL AND amr = :amr AND opened_amr IS NOT NULL;
