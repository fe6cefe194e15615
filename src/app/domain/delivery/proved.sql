-- Texts whose code was entered.

-- name: list_texts_of
-- Those that carried the code of a verification. age: in seconds.
SELECT id, destination, coalesce(region, '') AS region, address, network, room, weight,
       extract(epoch FROM statement_timestamp() - created_at)::float AS age
FROM deliveries
WHERE verification_id = :verification AND channel = 'sms' AND address <> '';
