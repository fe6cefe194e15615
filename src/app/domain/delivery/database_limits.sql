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
WITH to_number AS (
  SELECT coalesce(sum(weight), 0)::int AS number,
    coalesce(sum(weight) FILTER (WHERE from_share), 0)::int AS number_and_share,
    coalesce(sum(weight) FILTER (WHERE is_own), 0)::int AS own,
    max(created_at) AS last_number,
    max(created_at) FILTER (WHERE from_share) AS last_number_and_share,
    max(created_at) FILTER (WHERE is_own) AS last_own
  FROM (
    SELECT created_at, weight, address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share,
      split_part(purpose, '-', 1) = 'confirm' AND opened_by = ANY(:opened_by::text[]) AS is_own
    FROM deliveries
    WHERE destination = ANY(:numbers::text[]) AND channel = 'sms' AND address <> ''
      AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  ) texts
),
to_block AS (
  SELECT coalesce(sum(weight), 0)::int AS block,
    coalesce(sum(weight) FILTER (WHERE from_share), 0)::int AS block_and_share,
    max(created_at) AS last_block,
    max(created_at) FILTER (WHERE from_share) AS last_block_and_share
  FROM (
    SELECT created_at, weight, address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share
    FROM deliveries
    WHERE block = ANY(:blocks::text[]) AND channel = 'sms' AND address <> '' AND NOT proved
      AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  ) texts
),
by_mailbox AS (
  SELECT coalesce(sum(weight), 0)::int AS mailbox FROM deliveries
  WHERE opened_by = ANY(:opened_by::text[]) AND purpose = 'signup' AND channel = 'sms'
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
),
from_here AS (
  SELECT coalesce(sum(weight) FILTER (WHERE from_address AND NOT proved), 0)::int AS address,
    coalesce(sum(weight) FILTER (WHERE from_address AND proved), 0)::int AS address_proved,
    coalesce(sum(weight) FILTER (WHERE NOT proved), 0)::int AS network,
    coalesce(sum(weight) FILTER (WHERE proved), 0)::int AS network_proved,
    max(created_at) FILTER (WHERE from_address AND NOT proved) AS last_address,
    max(created_at) FILTER (WHERE NOT proved) AS last_network
  FROM (
    SELECT created_at, weight, proved, address = ANY(:addresses::text[]) AS from_address
    FROM deliveries
    WHERE network = ANY(:networks::text[]) AND channel = 'sms' AND address <> ''
      AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  ) texts
)
SELECT statement_timestamp() AS now, * FROM to_number, to_block, by_mailbox, from_here;

-- name: count_mails
-- As count_texts.
WITH to_mailbox AS (
  SELECT coalesce(sum(weight), 0)::int AS mailbox,
    coalesce(sum(weight) FILTER (WHERE from_share), 0)::int AS mailbox_and_share,
    coalesce(sum(weight) FILTER (WHERE is_own), 0)::int AS own,
    max(created_at) AS last_mailbox,
    max(created_at) FILTER (WHERE from_share) AS last_mailbox_and_share,
    max(created_at) FILTER (WHERE is_own) AS last_own
  FROM (
    SELECT created_at, weight, address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share,
      split_part(purpose, '-', 1) = 'confirm' AND opened_by = ANY(:opened_by::text[]) AS is_own
    FROM deliveries
    WHERE block = ANY(:mailboxes::text[]) AND channel = 'email' AND address <> ''
      AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  ) mails
),
from_here AS (
  SELECT coalesce(sum(weight) FILTER (WHERE from_address), 0)::int AS address, coalesce(sum(weight), 0)::int AS network,
    max(created_at) FILTER (WHERE from_address) AS last_address, max(created_at) AS last_network
  FROM (
    SELECT created_at, weight, address = ANY(:addresses::text[]) AS from_address
    FROM deliveries
    WHERE network = ANY(:networks::text[]) AND channel = 'email' AND address <> ''
      AND created_at > statement_timestamp() - make_interval(secs => :seconds)
  ) mails
)
SELECT statement_timestamp() AS now, * FROM to_mailbox, from_here;

-- name: count_in_region
-- Of the texts to a region in the last so many seconds, a day at most, those whose code was not
-- entered, by room: a sign-in of whom nobody knows is in two of them. And all texts. What ended more
-- than a quarter of an hour ago was counted before; what that leaves over, at either end, is counted
-- here. That it is of a day, again, is for the planner: it takes a bound that it does not know for a
-- third of the table, and would read all of a large one.
WITH marks AS (
  SELECT at, coalesce((SELECT max(slot) FROM send_counts) + interval '10 minutes', at) AS counted,
    date_bin('10 minutes', at, 'epoch') + interval '10 minutes' AS first
  FROM (SELECT statement_timestamp() - make_interval(secs => :seconds) AS at) window_start
),
sent AS (
  SELECT region, room, sent, sent - proved AS unproved FROM send_counts
  WHERE channel = 'sms' AND slot >= (SELECT first FROM marks)
    AND slot > statement_timestamp() - interval '1 day'
  UNION ALL
  SELECT region, room, sum(weight), coalesce(sum(weight) FILTER (WHERE NOT proved), 0)
  FROM deliveries
  WHERE channel = 'sms' AND address <> '' AND created_at > (SELECT at FROM marks)
    AND created_at < (SELECT least(first, counted) FROM marks)
    AND created_at > statement_timestamp() - interval '1 day'
  GROUP BY region, room
  UNION ALL
  SELECT region, room, sum(weight), coalesce(sum(weight) FILTER (WHERE NOT proved), 0)
  FROM deliveries
  WHERE channel = 'sms' AND address <> ''
    AND created_at > (SELECT greatest(at, counted - interval '1 microsecond') FROM marks)
    AND created_at > statement_timestamp() - interval '1 day'
  GROUP BY region, room
)
SELECT
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room IN ('strangers', 'sign-in', '')), 0) AS strangers,
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room = 'mailed'), 0) AS mailed,
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room IN ('accounts', 'sign-in')), 0)
    AS accounts,
  coalesce(sum(unproved) FILTER (WHERE region = :region AND room = 'known'), 0) AS known,
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
    AND slot > statement_timestamp() - interval '1 day'
  UNION ALL
  SELECT sum(weight) FROM deliveries
  WHERE channel = :channel AND address <> '' AND room <> 'withheld'
    AND created_at > (SELECT at FROM marks)
    AND created_at < (SELECT least(first, counted) FROM marks)
    AND created_at > statement_timestamp() - interval '1 day'
  UNION ALL
  SELECT sum(weight) FROM deliveries
  WHERE channel = :channel AND address <> '' AND room <> 'withheld'
    AND created_at > (SELECT greatest(at, counted - interval '1 microsecond') FROM marks)
    AND created_at > statement_timestamp() - interval '1 day'
)
SELECT coalesce(sum(sent), 0)::bigint FROM sent;
