-- A month of everything, a row each 50 seconds. Messages and audit events are in one partition, whatever
-- the day of the month. Parts between empty lines need nothing of each other, but for the first.
DO $$
DECLARE
  part text;
BEGIN
  FOR part IN SELECT name FROM list_partitions() WHERE begins <= now() LOOP
    EXECUTE format('DROP TABLE %I', part);
  END LOOP;
END $$;

INSERT INTO audit_events (event, flow_id, network, at)
SELECT (ARRAY['signup:code_sent', 'signup:code_refused', 'password:refused'])[1 + n % 3],
       sha256((n / 2)::text::bytea), '10.0.' || n % 50 || '.0/24', now() - n * interval '50 seconds'
FROM generate_series(1, 50000) n;
INSERT INTO deliveries
  (id, channel, template, destination, address, network, created_at, expires_at, state)
SELECT gen_random_uuid(), (ARRAY['sms', 'email'])[1 + n % 2], '', '+' || n, '', '',
       now() - n * interval '50 seconds', now(), CASE n % 10 WHEN 0 THEN 'queued' ELSE 'sent' END
FROM generate_series(1, 50000) n;

INSERT INTO refused_sends (subject, refusal, limit_name, hour, purpose, network)
SELECT decode(md5(n::text), 'hex'), 'too_many_sends', 'texts_per_number',
       date_trunc('hour', now() - n * interval '2 minutes'), 'signup', decode(md5(n::text), 'hex')
FROM generate_series(1, 20000) n;
INSERT INTO identity_proofs (id, flow_id, issuer, subject, email_verified, created_at)
SELECT gen_random_uuid(), sha256(n::text::bytea), 'https://issuer.example/', 'auth0|' || n, false,
       now() - n * interval '2 seconds'
FROM generate_series(1, 50000) n;

INSERT INTO users (id, phone, email, password_hash)
SELECT md5(n::text)::uuid, '+' || 61400000000 + n, n || '@example.com', repeat('x', 97)
FROM generate_series(1, 20000) n;
INSERT INTO phone_verifications
  (id, flow_id, purpose, nonce, phone, created_at, expires_at, consumed_at, ended_at, moved_from)
SELECT gen_random_uuid(), sha256(n::text::bytea), 'signup', '', '+' || 61400000000 + n,
       now() - n * interval '50 seconds', now(), now(), CASE n % 2 WHEN 0 THEN now() END,
       sha256((-n)::text::bytea)
FROM generate_series(1, 20000) n;
INSERT INTO email_verifications
  (id, flow_id, purpose, nonce, email, created_at, expires_at, consumed_at, ended_at, moved_from)
SELECT gen_random_uuid(), sha256(n::text::bytea), 'signup', '', n || '@example.com',
       now() - n * interval '50 seconds', now(), now(), CASE n % 2 WHEN 0 THEN now() END,
       sha256((-n)::text::bytea)
FROM generate_series(1, 20000) n;

INSERT INTO contact_failures (subject, in_a_row)
SELECT decode(md5(n::text), 'hex'), n % 200 FROM generate_series(1, 20000) n;
INSERT INTO password_budgets (subject, device, wrong)
SELECT decode(md5(n::text), 'hex'), '', 1 FROM generate_series(1, 20000) n;
INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
SELECT gen_random_uuid(), md5(n::text)::uuid, '{pwd}', '', '', now() + interval '1 day',
       now() + interval '1 day'
FROM generate_series(1, 20000) n;
INSERT INTO identities (id, user_id, issuer, subject)
SELECT gen_random_uuid(), md5(n::text)::uuid, 'https://issuer.example/', 'auth0|' || n
FROM generate_series(1, 20000) n;
INSERT INTO former_identities (id, user_id, issuer, subject, linked_at)
SELECT gen_random_uuid(), md5(n::text)::uuid, 'https://issuer.example/', 'auth0|' || n, now()
FROM generate_series(1, 20000) n;
INSERT INTO spent_transactions (digest)
SELECT sha256(n::text::bytea) FROM generate_series(1, 20000) n;
INSERT INTO idempotent_calls (id, fingerprint, begun_at)
SELECT sha256(n::text::bytea), '', now() - n * interval '4 seconds' FROM generate_series(1, 20000) n;
INSERT INTO plan_choices (user_id, plan, interval, currency, amount_minor)
SELECT md5(n::text)::uuid, 'pro', 'month', 'EUR', 900 FROM generate_series(1, 20000) n;
INSERT INTO former_passwords (id, user_id, password_hash, set_at, by_mail)
SELECT gen_random_uuid(), md5(n::text)::uuid, '', now(), false FROM generate_series(1, 20000) n;

INSERT INTO delayed_changes (id, user_id, kind, value, network, due_at)
SELECT gen_random_uuid(), md5(n::text)::uuid, 'phone', '+' || n, '', now() + n * interval '1 minute'
FROM generate_series(1, 20000) n;
INSERT INTO confirmation_requests (id, user_id, network, due_at)
SELECT gen_random_uuid(), md5(n::text)::uuid, '', now() FROM generate_series(1, 20000) n;
INSERT INTO events (id, service, type, user_id, state, expires_at, created_at)
SELECT gen_random_uuid(), 'shop', 'user.created', md5(n::text)::uuid,
       CASE n % 10 WHEN 0 THEN 'waiting' ELSE 'delivered' END, now(), now() - n * interval '2 minutes'
FROM generate_series(1, 20000) n;
INSERT INTO deleted_contacts (contact)
SELECT '+' || n FROM generate_series(1, 20000) n;
INSERT INTO contact_changes (id, user_id, kind, old_value, new_value)
SELECT gen_random_uuid(), md5(n::text)::uuid, 'phone', '+' || n, '+' || n
FROM generate_series(1, 20000) n;

-- Whole versions of prices.
INSERT INTO catalogues (effective_from)
SELECT timestamptz '2026-01-01Z' + n * interval '1 minute' FROM generate_series(1, 1000) n;
INSERT INTO features (version, code, position, name) SELECT version, 'calls', 0, '' FROM catalogues;
INSERT INTO plans (version, code, position, name, description, highlighted)
SELECT version, 'pro', 0, '', '', false FROM catalogues;
INSERT INTO plan_features (version, plan, feature, amount)
SELECT version, 'pro', 'calls', '' FROM catalogues;
INSERT INTO prices (version, plan, interval, currency, position, amount_minor)
SELECT version, 'pro', 'month', 'EUR', 0, 900 FROM catalogues;
INSERT INTO blocks (kind, value, reason, added_by)
SELECT 'number', '+4670' || i, 'abuse', 'ops' FROM generate_series(1, 20000) i;

ANALYZE;

INSERT INTO send_counts (channel, region, room, slot, sent, proved)
SELECT 'sms', 'R' || n % 40, 'strangers',
       date_bin('10 minutes', now() - n / 40 * interval '10 minutes', 'epoch'), 10, 9
FROM generate_series(0, 80000) n;
INSERT INTO send_stops (kind, key, room, reason, until, seconds)
SELECT 'block', '+4670' || n, 'strangers', 'conversion', now() + interval '1 hour', 3600
FROM generate_series(1, 5000) n;
INSERT INTO text_spending (day, shard, spent)
SELECT current_date - n / 16, n % 16, 1 FROM generate_series(0, 8000) n;
INSERT INTO text_warnings (day, percent, spent, budget, currency)
SELECT current_date - n, 50, 1, 2, 'USD' FROM generate_series(1, 3000) n;
