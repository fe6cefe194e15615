-- Texts whose code was entered.

-- name: mark_proved
-- Those that carried the code of a verification. age: in seconds.
UPDATE deliveries SET proved = true
WHERE verification_id = :verification AND channel = 'sms' AND address <> ''
RETURNING id, destination, coalesce(region, '') AS region, address, network, room, weight,
          extract(epoch FROM statement_timestamp() - created_at)::float AS age;
