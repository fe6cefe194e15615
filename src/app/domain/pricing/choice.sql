-- The plans that people have chosen: for an account, or with the number that a sign-up has proved.

-- name: find_choice
-- Of an account.
SELECT plan, interval, currency, amount_minor FROM plan_choices WHERE user_id = :user_id;

-- name: save_choice
-- In the place of an earlier one. No row when the account is gone.
INSERT INTO plan_choices (user_id, plan, interval, currency, amount_minor)
SELECT id, :plan, :interval, :currency, :amount_minor FROM users WHERE id = :user_id
ON CONFLICT (user_id) DO UPDATE SET plan = EXCLUDED.plan, interval = EXCLUDED.interval,
  currency = EXCLUDED.currency, amount_minor = EXCLUDED.amount_minor,
  chosen_at = clock_timestamp()
RETURNING user_id;

-- name: delete_choice
-- The account has none from now on.
DELETE FROM plan_choices WHERE user_id = :user_id;

-- name: save_choice_in_flow
-- choice: as `Choice` is written, null for none.
UPDATE phone_verifications SET plan = :choice
WHERE flow_id = :flow_id AND purpose = 'signup' AND consumed_at IS NOT NULL AND user_id IS NULL
  AND ended_at IS NULL;

-- name: find_choice_by_number
-- In whichever browser the number of this flow was proved last.
SELECT plan FROM phone_verifications
WHERE phone = (
    SELECT phone FROM phone_verifications
    WHERE flow_id = :flow_id AND purpose = 'signup' AND consumed_at IS NOT NULL
      AND user_id IS NULL AND ended_at IS NULL LIMIT 1
  )
  AND plan IS NOT NULL AND purpose = 'signup' AND consumed_at IS NOT NULL AND user_id IS NULL
  AND consumed_at > clock_timestamp() - interval '20 hours'
ORDER BY consumed_at DESC LIMIT 1;
