-- What is added to tests/domain/filled.sql: 200,000 people, 2 million sessions, 1 million messages,
-- 5 million events, each shaped like the rows of a real sign-up. No trigger runs: nothing is charged
-- for, and no service is told. The largest come first: each part is run beside another. By OFFSET 0
-- what is worked out below it is worked out once.
-- Of 399 days: none has been kept for long enough. One of six is of a person, the rest of flows.
INSERT INTO audit_events (event, user_id, flow_id, network, request_id, details, at)
SELECT (ARRAY['session:opened', 'signup:code_sent', 'signup:phone_proved', 'signup:code_sent',
              'signup:email_proved', 'signup:completed'])[1 + n % 6],
       CASE n % 6 WHEN 0 THEN md5((1 + n / 6 % 200000)::text)::uuid END,
       CASE WHEN n % 6 > 0 THEN sha256((n / 6)::text::bytea) END,
       '10.' || n % 250 || '.0.0/24', left(md5(n::text), 16),
       CASE n % 6 WHEN 0 THEN jsonb '{"amr": "otp sms pwd mfa"}' ELSE jsonb '{}' END,
       now() - (4950000 - n) * interval '6.964 seconds'
FROM generate_series(1, 4950000) n;

-- Of six weeks, so a third of them are over. Every 400th ended long enough ago to be removed.
INSERT INTO sessions
  (id, user_id, amr, opened_amr, device, network, authenticated_at, created_at, last_used_at,
   idle_expires_at, expires_at, revoked_at, revoked_reason)
SELECT id_at(at, md5(n::text)), md5((1 + n % 200000)::text)::uuid, '{otp,sms,pwd,mfa}',
       '{otp,sms,pwd,mfa}', 'Chrome on Linux', '10.' || n % 250 || '.0.0/24', at, at, at,
       at + interval '14 days', at + interval '30 days', revoked_at,
       CASE WHEN revoked_at IS NOT NULL THEN 'signed out' END
FROM (
  SELECT n, now() - (1980000 - n) * interval '1.9 seconds' AS at,
         CASE WHEN n % 400 = 0 THEN now() - interval '40 days'
              WHEN n % 5 = 0 THEN now() - interval '1 day' END AS revoked_at
  FROM generate_series(1, 1980000) n
  OFFSET 0
) opened;

-- A text and a mail in turn, of two days more than the month that they are kept for.
INSERT INTO deliveries
  (id, channel, template, destination, block, region, address, network, verification_id, nonce,
   purpose, state, tries, provider_id, provider_code, sender, room, cost, proved, request_id,
   next_try_at, expires_at, sent_at, created_at, updated_at, steps)
SELECT id_at(at, digest), channel, channel || '_code', contact,
       CASE channel WHEN 'sms' THEN left(contact, 8) ELSE contact END,
       CASE channel WHEN 'sms' THEN 'AU' END, '10.' || n % 250 || '.0.' || n % 199 || '/32',
       '10.' || n % 250 || '.0.0/24', id_at(at, reverse(digest)), decode(digest, 'hex'), 'signup',
       'delivered', 1, 'SM' || digest, '200', CASE channel WHEN 'sms' THEN 'twilio' ELSE 'sendgrid' END,
       CASE channel WHEN 'sms' THEN 'strangers' ELSE '' END, 55000, n % 10 <> 0,
       left(digest, 16), at, at + interval '10 minutes', at, at, at,
       '[{"at": "2026-12-01T12:00:00.123456+00:00", "state": "delivered", "receipt": true}]'
FROM (
  SELECT n, md5(n::text) AS digest, now() - (950000 - n) * interval '2.9 seconds' AS at,
         CASE n % 2 WHEN 0 THEN 'sms' ELSE 'email' END AS channel,
         CASE n % 2 WHEN 0 THEN '+' || 61400000001 + n % 200000
                    ELSE 1 + n % 200000 || '@example.com' END AS contact
  FROM generate_series(1, 950000) n
  OFFSET 0
) sent;

INSERT INTO users (id, phone, email, password_hash, password_changed_at, created_at, language)
SELECT md5(n::text)::uuid, '+' || 61400000000 + n, n || '@example.com', repeat('x', 97), now(),
       now() - (200000 - n) * interval '2 minutes', 'en'
FROM generate_series(20001, 200000) n;

-- A week of codes, all used. The flows are those of the newest events.
INSERT INTO phone_verifications
  (id, flow_id, purpose, nonce, attempts, guessed_from, tried, phone, created_at, expires_at,
   consumed_at, user_id, moved_from)
SELECT id_at(at, md5(n::text)), sha256((825000 - n)::text::bytea), 'signup',
       decode(md5(n::text), 'hex'), 1, md5(n::text), ARRAY[left(md5(n::text), 16)],
       '+' || 61400000000 + n, at, at + interval '10 minutes', at, md5(n::text)::uuid,
       sha256((825000 - n)::text::bytea)
FROM (
  SELECT n, now() - n * interval '3 seconds' AS at FROM generate_series(1, 180000) n
) asked;

-- And of mails.
INSERT INTO email_verifications
  (id, flow_id, purpose, nonce, attempts, guessed_from, tried, email, created_at, expires_at,
   consumed_at, user_id)
SELECT id_at(at, md5(n::text)), sha256((825000 - n)::text::bytea), 'signup',
       decode(md5(n::text), 'hex'), 1, md5(n::text), ARRAY[left(md5(n::text), 16)],
       n || '@example.com', at, at + interval '30 minutes', at, md5(n::text)::uuid
FROM (
  SELECT n, now() - n * interval '3 seconds' AS at FROM generate_series(1, 180000) n
) asked;
