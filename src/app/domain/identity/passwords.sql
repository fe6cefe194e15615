-- Passwords: new ones, as they are counted, and those that were replaced.

-- name: count_new
-- One more attempt for each subject, in the rows of one order, so that no two wait for each other.
-- most: are let through in so many seconds, counted from the first of them. Answers with the longest
-- wait of a subject that has none left, in seconds.
WITH counted AS (
  INSERT INTO password_budgets AS b (subject, device, wrong)
  SELECT subject, 'new', 1 FROM unnest(:subjects::bytea[]) AS subject ORDER BY subject
  ON CONFLICT (subject, device) DO UPDATE SET
    wrong = CASE
      WHEN b.counted_since < clock_timestamp() - make_interval(secs => :seconds::int) THEN 1
      ELSE least(b.wrong, :most) + 1 END,
    counted_since = CASE
      WHEN b.counted_since < clock_timestamp() - make_interval(secs => :seconds::int)
      THEN clock_timestamp() ELSE b.counted_since END,
    last_wrong_at = clock_timestamp()
  RETURNING wrong, counted_since
)
SELECT :seconds - extract(epoch FROM clock_timestamp() - max(counted_since))::float
FROM counted WHERE wrong > :most;

-- name: keep_password
-- The one that is about to be replaced. id: of the row that keeps it.
INSERT INTO former_passwords (id, user_id, password_hash, set_at, by_mail)
SELECT :id, id, password_hash, password_changed_at, password_reset_at IS NOT NULL
FROM users WHERE id = :user_id AND password_hash IS NOT NULL AND password_changed_at IS NOT NULL;
