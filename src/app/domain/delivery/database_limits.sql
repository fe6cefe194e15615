-- What was sent, as the limits of sends count it. Notices have nobody's address: they are no send of
-- whoever caused them (contract 9.10).

-- name: lock_sends
-- Sends that cannot be counted in the short memory are counted one after the other.
SELECT pg_advisory_xact_lock(727275);

-- name: count_texts
-- In the last so many seconds, by what each limit counts, and when the last one of each was. That a
-- day is the longest, PostgreSQL has to know when it makes the plan; and the time stands still, so
-- that the index finds them.
-- numbers, blocks ...: under what they are kept, which after a deletion are pseudonyms, too. shares:
-- of an address, which is a network for v6. opened_by: the kind of proof that opened the session,
-- for codes to its own number.
SELECT statement_timestamp() AS now,
  count(*) FILTER (WHERE to_number) AS number,
  count(*) FILTER (WHERE to_number AND from_share) AS number_and_share,
  count(*) FILTER (WHERE to_number AND is_own) AS own,
  count(*) FILTER (WHERE to_block) AS block,
  count(*) FILTER (WHERE to_block AND from_share) AS block_and_share,
  count(*) FILTER (WHERE to_region) AS region,
  count(*) FILTER (WHERE from_address) AS address,
  count(*) FILTER (WHERE from_network) AS network,
  count(*) AS in_all,
  max(created_at) FILTER (WHERE to_number) AS last_number,
  max(created_at) FILTER (WHERE to_number AND from_share) AS last_number_and_share,
  max(created_at) FILTER (WHERE to_number AND is_own) AS last_own,
  max(created_at) FILTER (WHERE to_block) AS last_block,
  max(created_at) FILTER (WHERE to_block AND from_share) AS last_block_and_share,
  max(created_at) FILTER (WHERE to_region) AS last_region,
  max(created_at) FILTER (WHERE from_address) AS last_address,
  max(created_at) FILTER (WHERE from_network) AS last_network,
  max(created_at) AS last_in_all
FROM (
  SELECT created_at,
    destination = ANY(:numbers::text[]) AS to_number,
    block = ANY(:blocks::text[]) AS to_block,
    region = ANY(:regions::text[]) AS to_region,
    address = ANY(:addresses::text[]) AS from_address,
    network = ANY(:networks::text[]) AS from_network,
    address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share,
    split_part(purpose, '-', 1) = 'confirm' AND opened_by = ANY(:opened_by::text[]) AS is_own
  FROM deliveries
  WHERE channel = 'sms' AND address <> ''
    AND created_at > statement_timestamp() - interval '1 day'
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
) texts;

-- name: count_mails
-- As count_texts. mailboxes: the version before left that out; its rows of a day count as they are.
SELECT statement_timestamp() AS now,
  count(*) FILTER (WHERE to_mailbox) AS mailbox,
  count(*) FILTER (WHERE to_mailbox AND from_share) AS mailbox_and_share,
  count(*) FILTER (WHERE to_mailbox AND is_own) AS own,
  count(*) FILTER (WHERE from_address) AS address,
  count(*) FILTER (WHERE from_network) AS network,
  count(*) AS in_all,
  max(created_at) FILTER (WHERE to_mailbox) AS last_mailbox,
  max(created_at) FILTER (WHERE to_mailbox AND from_share) AS last_mailbox_and_share,
  max(created_at) FILTER (WHERE to_mailbox AND is_own) AS last_own,
  max(created_at) FILTER (WHERE from_address) AS last_address,
  max(created_at) FILTER (WHERE from_network) AS last_network,
  max(created_at) AS last_in_all
FROM (
  SELECT created_at,
    coalesce(block, destination) = ANY(:mailboxes::text[]) AS to_mailbox,
    address = ANY(:addresses::text[]) AS from_address,
    network = ANY(:networks::text[]) AS from_network,
    address = ANY(:shares::text[]) OR network = ANY(:shares::text[]) AS from_share,
    split_part(purpose, '-', 1) = 'confirm' AND opened_by = ANY(:opened_by::text[]) AS is_own
  FROM deliveries
  WHERE channel = 'email' AND address <> ''
    AND created_at > statement_timestamp() - interval '1 day'
    AND created_at > statement_timestamp() - make_interval(secs => :seconds)
) mails;

-- name: count_sent
-- In the last so many seconds, by a time that stands still, so that the index finds it.
SELECT count(*) FROM deliveries
WHERE channel = :channel AND address <> ''
  AND created_at > statement_timestamp() - make_interval(secs => :seconds);
