-- A person to try the product with.

-- name: is_known
-- Whether an account has one of both contacts.
SELECT EXISTS (SELECT 1 FROM users WHERE phone = :phone OR email = :email);

-- name: add_person
-- No row when somebody has one of both contacts by now.
INSERT INTO users (id, phone, email, password_hash, password_changed_at, created_at)
SELECT :id, :phone, :email, :password_hash, at, at FROM (SELECT clock_timestamp() AS at) moment
ON CONFLICT DO NOTHING;
