-- Sends that a limit refused.

-- name: record_refused_send
-- Unless this hour has a row of the same contact and limit, or as many rows of the network
-- (most_of_network) or of all (most) as it may. Then nothing is written, and no commit waits for a
-- disk: anybody can cause it as often as they like.
-- subject, network: keyed digests. refusal: its code. limit_name: of the limit that said no.
INSERT INTO refused_sends (subject, refusal, limit_name, hour, purpose, network)
SELECT :subject, :refusal, :limit_name, date_trunc('hour', statement_timestamp(), 'UTC'), :purpose,
  :network
WHERE NOT EXISTS (
    SELECT FROM refused_sends
    WHERE subject = :subject AND refusal = :refusal AND limit_name = :limit_name
      AND hour = date_trunc('hour', statement_timestamp(), 'UTC')
  ) AND (
    SELECT count(*) FROM (
      SELECT FROM refused_sends WHERE network = :network
        AND hour = date_trunc('hour', statement_timestamp(), 'UTC') LIMIT :most_of_network
    ) of_network
  ) < :most_of_network AND (
    SELECT count(*) FROM (
      SELECT FROM refused_sends
      WHERE hour = date_trunc('hour', statement_timestamp(), 'UTC') LIMIT :most
    ) of_all
  ) < :most
ON CONFLICT DO NOTHING;

-- name: list_refused_sends
-- To the contact with that subject, the oldest first.
SELECT at, refusal, limit_name, purpose FROM refused_sends WHERE subject = :subject ORDER BY at;

-- name: find_full_hours
-- Of the last day, those in which more was refused than is kept, so that a contact may be missing.
SELECT hour FROM refused_sends
WHERE hour > statement_timestamp() - interval '1 day'
GROUP BY hour HAVING count(*) >= :most ORDER BY hour;
