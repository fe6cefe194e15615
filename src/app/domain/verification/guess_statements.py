"""The SQL that counts guesses and tells who is locked; `Statements` fills in the words."""

# Everybody's guesses at one contact stand in line, so that its budget cannot be raced.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

# $1 contact, $2 id, $3 most wrong in an hour, $4 in a day, $5 whether it was consumed already.
COUNT_GUESS = """
UPDATE {table} SET attempts = attempts + 1, last_attempt_at = clock_timestamp()
WHERE id = $2 AND ended_at IS NULL AND (consumed_at IS NOT NULL) = $5
  AND attempts < {guesses} AND expires_at > clock_timestamp()
  AND (SELECT coalesce(sum(wrong), 0) FROM ({wrong}) w WHERE at > clock_timestamp() - {hour}) < $3
  AND (SELECT coalesce(sum(wrong), 0) FROM ({wrong}) w WHERE at > clock_timestamp() - {day}) < $4
  AND ({in_a_row}) < {most_in_a_row}
RETURNING nonce, attempts
"""
# A right one at a code that was used before: it is no second guess.
UNCOUNT_GUESS = "UPDATE {table} SET attempts = attempts - 1 WHERE id = $1"
WRONG = """
  SELECT attempts - (consumed_at IS NOT NULL)::int AS wrong, last_attempt_at AS at FROM {table}
  WHERE {column} = $1 AND created_at > clock_timestamp() - interval '2 days'
"""

# Seconds until enough of them are old enough. $1 contact, $2 most wrong in an hour, $3 in a day.
LOCK_OF = """
SELECT ({in_a_row}) >= {most_in_a_row} AS for_good,
  extract(epoch FROM greatest(max(at) FILTER (WHERE so_far >= $2) + {hour},
                              max(at) FILTER (WHERE so_far >= $3) + {day})
          - clock_timestamp())::float AS seconds
FROM (SELECT at, sum(wrong) OVER (ORDER BY at DESC) AS so_far FROM ({wrong}) w) newest_first
"""

# Since the contact was last proved, as far as clean-up keeps them.
IN_A_ROW = """
  SELECT coalesce(sum(attempts), 0) FROM {table}
  WHERE {column} = {contact} AND consumed_at IS NULL AND created_at > coalesce(
    (SELECT max(consumed_at) FROM {table} WHERE {column} = {contact}), '-infinity')
"""

# A row of such guesses, and the contacts with too many of them.
COUNTED = """
attempts > 0 AND consumed_at IS NULL AND created_at > coalesce(
  (SELECT max(consumed_at) FROM {table} proved WHERE proved.{column} = {table}.{column}),
  '-infinity')
"""
LOCKED = (
    "SELECT {column} FROM {table} WHERE {counted}"
    " GROUP BY {column} HAVING sum(attempts) >= {most_in_a_row}"
)
