-- What was sent, as the limits of sends count it. Notices have nobody's address: they are no send of
-- whoever caused them (contract 9.10).

-- name: lock_sends
-- Sends that cannot be counted in the short memory are counted one after the other.
SELECT pg_advisory_xact_lock(727275);

-- name: count_texts
-- In the last so many seconds, by what each limit counts, and when the last one of each was. That a
-- day is the longest, PostgreSQL has to know when it makes the plan; and the time stands still, so
-- that the index finds them. Each part has an index of its own: nobody reads a day's texts for it.
-- numbers, blocks ...: under what they are kept, which after a deletion are pseudonyms, too. shares:
-- of an address, which is a network for v6. opened_by: the kind of proof that opened the session,
-- for codes to its own number, or what stands for the mailbox that a sign-up proved before. A code
-- that was entered counts for its number, its own number and that mailbox alone; `..._proved` are
-- those that make room for another one.
WITH found AS MATERIALIZED (
  SELECT id FROM deliveries
  WHERE destination = ANY(:numbers::text[]) AND channel = 'sms' AND address <> ''
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  UNION SELECT id FROM deliveries
  WHERE block = ANY(:blocks::text[]) AND channel = 'sms' AND address <> ''
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  UNION SELECT id FROM deliveries
  WHERE opened_by = ANY(:opened_by::text[]) AND purpose = 'signup' AND channel = 'sms'
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  UNION SELECT id FROM deliveries
  WHERE network = ANY(:networks::text[]) AND channel = 'sms' AND address <> ''
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
),
texts AS (
  SELECT d.created_at, d.weight, v.consumed_at IS NOT NULL AS proved, v.consumed_at IS NULL AS unproved,
    destination = ANY(:numbers::text[]) AS to_number,
    block = ANY(:blocks::text[]) AS to_block,
    address = ANY(:addresses::text[]) AS from_address,
    network = ANY(:networks::text[]) AS from_network,
    address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share,
    split_part(d.purpose, '-', 1) = 'confirm' AND opened_by = ANY(:opened_by::text[]) AS is_own,
    d.purpose = 'signup' AND opened_by = ANY(:opened_by::text[]) AS by_mailbox
  FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
  WHERE d.id = ANY(ARRAY(SELECT id FROM found))
)
SELECT statement_timestamp() AS now,
  coalesce(sum(weight) FILTER (WHERE to_number), 0) AS number,
  coalesce(sum(weight) FILTER (WHERE to_number AND from_share), 0) AS number_and_share,
  coalesce(sum(weight) FILTER (WHERE to_number AND is_own), 0) AS own,
  coalesce(sum(weight) FILTER (WHERE by_mailbox), 0) AS mailbox,
  coalesce(sum(weight) FILTER (WHERE to_block AND unproved), 0) AS block,
  coalesce(sum(weight) FILTER (WHERE to_block AND from_share AND unproved), 0) AS block_and_share,
  coalesce(sum(weight) FILTER (WHERE from_address AND unproved), 0) AS address,
  coalesce(sum(weight) FILTER (WHERE from_address AND proved), 0) AS address_proved,
  coalesce(sum(weight) FILTER (WHERE from_network AND unproved), 0) AS network,
  coalesce(sum(weight) FILTER (WHERE from_network AND proved), 0) AS network_proved,
  max(created_at) FILTER (WHERE to_number) AS last_number,
  max(created_at) FILTER (WHERE to_number AND from_share) AS last_number_and_share,
  max(created_at) FILTER (WHERE to_number AND is_own) AS last_own,
  max(created_at) FILTER (WHERE to_block AND unproved) AS last_block,
  max(created_at) FILTER (WHERE to_block AND from_share AND unproved) AS last_block_and_share,
  max(created_at) FILTER (WHERE from_address AND unproved) AS last_address,
  max(created_at) FILTER (WHERE from_network AND unproved) AS last_network
FROM texts;

-- name: count_mails
-- As count_texts.
WITH found AS MATERIALIZED (
  SELECT id FROM deliveries
  WHERE block = ANY(:mailboxes::text[]) AND channel = 'email' AND address <> ''
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  UNION SELECT id FROM deliveries
  WHERE network = ANY(:networks::text[]) AND channel = 'email' AND address <> ''
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
),
mails AS (
  SELECT created_at,
    block = ANY(:mailboxes::text[]) AS to_mailbox,
    address = ANY(:addresses::text[]) AS from_address,
    network = ANY(:networks::text[]) AS from_network,
    address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share,
    split_part(purpose, '-', 1) = 'confirm' AND opened_by = ANY(:opened_by::text[]) AS is_own
  FROM deliveries WHERE id = ANY(ARRAY(SELECT id FROM found))
)
SELECT statement_timestamp() AS now,
  count(*) FILTER (WHERE to_mailbox) AS mailbox,
  count(*) FILTER (WHERE to_mailbox AND from_share) AS mailbox_and_share,
  count(*) FILTER (WHERE to_mailbox AND is_own) AS own,
  count(*) FILTER (WHERE from_address) AS address,
  count(*) FILTER (WHERE from_network) AS network,
  max(created_at) FILTER (WHERE to_mailbox) AS last_mailbox,
  max(created_at) FILTER (WHERE to_mailbox AND from_share) AS last_mailbox_and_share,
  max(created_at) FILTER (WHERE to_mailbox AND is_own) AS last_own,
  max(created_at) FILTER (WHERE from_address) AS last_address,
  max(created_at) FILTER (WHERE from_network) AS last_network
FROM mails;

-- name: count_in_region
-- Of the texts to a region in the last so many seconds, those whose code was not entered, by room,
-- a sign-in of whom nobody knows is in two of them; and all texts. What ended more than a quarter of an hour ago was
-- counted before; what that leaves over, at either end, is counted here.
WITH marks AS (
  SELECT at, coalesce((SELECT max(slot) FROM send_counts) + interval '10 minutes', at) AS counted,
    date_bin('10 minutes', at, 'epoch') + interval '10 minutes' AS first
  FROM (SELECT statement_timestamp() - make_interval(secs => :seconds) AS at) window_start
),
sent AS (
  SELECT region, room, sent, sent - proved AS unproved FROM send_counts
  WHERE channel = 'sms' AND slot >= (SELECT first FROM marks)
  UNION ALL
  SELECT d.region, d.room, sum(d.weight), sum(d.weight) FILTER (WHERE v.consumed_at IS NULL)
  FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
  WHERE d.channel = 'sms' AND d.address <> '' AND d.created_at > (SELECT at FROM marks)
    AND d.created_at < (SELECT least(first, counted) FROM marks)
  GROUP BY d.region, d.room
  UNION ALL
  SELECT d.region, d.room, sum(d.weight), sum(d.weight) FILTER (WHERE v.consumed_at IS NULL)
  FROM deliveries d LEFT JOIN phone_verifications v ON v.id = d.verification_id
  WHERE d.channel = 'sms' AND d.address <> ''
    AND d.created_at > (SELECT greatest(at, counted - interval '1 microsecond') FROM marks)
  GROUP BY d.region, d.room
)
SELECT
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room IN ('strangers', 'sign-in', '')), 0) AS strangers,
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room = 'mailed'), 0) AS mailed,
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room IN ('known', 'sign-in')), 0) AS known,
  coalesce(sum(sent) FILTER (WHERE room <> 'withheld'), 0) AS in_all
FROM sent;

-- name: count_sent
-- All messages of the channel in the last so many seconds, as count_in_region does.
WITH marks AS (
  SELECT at, coalesce((SELECT max(slot) FROM send_counts) + interval '10 minutes', at) AS counted,
    date_bin('10 minutes', at, 'epoch') + interval '10 minutes' AS first
  FROM (SELECT statement_timestamp() - make_interval(secs => :seconds) AS at) window_start
),
sent AS (
  SELECT sum(sent) AS sent FROM send_counts
  WHERE channel = :channel AND room <> 'withheld' AND slot >= (SELECT first FROM marks)
  UNION ALL
  SELECT sum(weight) FROM deliveries
  WHERE channel = :channel AND address <> '' AND room <> 'withheld'
    AND created_at > (SELECT at FROM marks)
    AND created_at < (SELECT least(first, counted) FROM marks)
  UNION ALL
  SELECT sum(weight) FROM deliveries
  WHERE channel = :channel AND address <> '' AND room <> 'withheld'
    AND created_at > (SELECT greatest(at, counted - interval '1 microsecond') FROM marks)
)
SELECT coalesce(sum(sent), 0)::bigint FROM sent;
