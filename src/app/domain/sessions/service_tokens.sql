-- What services are told of a person.

-- name: find_profile
-- Number, address and the code of the plan; each may be null.
SELECT users.phone, users.email, plan_choices.plan
FROM users LEFT JOIN plan_choices ON plan_choices.user_id = users.id
WHERE users.id = :user_id;
