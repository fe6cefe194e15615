"""The SQL of verifications, written once for both tables. The clock is always the database's."""

from app.domain.verification.channel import GUESSES, MOST_IN_A_ROW, Channel

LIVE = "consumed_at IS NULL AND ended_at IS NULL"

# Queues the message of a verification named `v`; completed with where that one comes from.
# $1 flow, $2 purpose, $3 audit event, $4 request, $5 network; then the message.
QUEUED = """
queued AS (
  INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                          verification_id, nonce, purpose, expires_at)
  SELECT $6, '{channel}', {template}, v.{column}, $7, $8, $9, $5, v.id, v.nonce, v.purpose,
         v.expires_at
  FROM v RETURNING 1
),
recorded AS (
  INSERT INTO audit_events (event, flow_id, network, request_id)
  SELECT $3, $1, $5, $4 FROM queued
)
SELECT id FROM v
"""

# A second start in the same flow at the same moment finds the first one's row and adds nothing.
START = """
WITH ended AS (
  UPDATE {table} SET ended_at = clock_timestamp()
  WHERE flow_id = $1 AND purpose = $2 AND {live} RETURNING 1
),
v AS (
  INSERT INTO {table} (id, flow_id, purpose, nonce, {column}, expires_at)
  SELECT $10, $1, $2, $11, $12, clock_timestamp() + $13 FROM (SELECT count(*) FROM ended) ended
  ON CONFLICT (flow_id, purpose) WHERE {live} DO NOTHING
  RETURNING *
),
{queued}
"""

# $10 as much must be left of its life for a code to be worth sending again.
RESEND = """
WITH v AS (
  SELECT * FROM {table}
  WHERE flow_id = $1 AND purpose = $2 AND {live} AND attempts < {guesses}
    AND expires_at > clock_timestamp() + $10
  FOR UPDATE
),
{queued}
"""

TEMPLATES = {
    "sms": "'phone_code'",
    # The owner of a known address is told so; the asker sees the same page either way.
    "email": "CASE WHEN EXISTS (SELECT 1 FROM users u WHERE u.email = v.email)"
    " THEN 'email_taken' ELSE 'email_code' END",
}

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
WRONG = """
  SELECT attempts - (consumed_at IS NOT NULL)::int AS wrong, last_attempt_at AS at FROM {table}
  WHERE {column} = $1 AND created_at > clock_timestamp() - interval '2 days'
"""

# Seconds until enough of them are old enough. $1 contact, $2 most wrong in an hour, $3 in a day.
LOCKED_FOR = """
SELECT extract(epoch FROM greatest(max(at) FILTER (WHERE so_far >= $2) + {hour},
                                   max(at) FILTER (WHERE so_far >= $3) + {day})
               - clock_timestamp())::float
FROM (SELECT at, sum(wrong) OVER (ORDER BY at DESC) AS so_far FROM ({wrong}) w) newest_first
"""

# Since the contact was last proved, however slowly somebody guesses.
IN_A_ROW = """
  SELECT coalesce(sum(attempts), 0) FROM {table}
  WHERE {column} = $1 AND consumed_at IS NULL AND created_at > coalesce(
    (SELECT max(consumed_at) FROM {table} WHERE {column} = $1), '-infinity')
"""

CONSUME = """
UPDATE {table} SET consumed_at = clock_timestamp() WHERE id = $1 AND {live} RETURNING {column}
"""

# Everything a code page tells, in one look. $1 flow, $2 purpose.
PENDING = """
SELECT v.id, v.{column} AS destination, v.attempts, v.expires_at,
       v.consumed_at IS NOT NULL AS consumed, v.user_id,
       extract(epoch FROM v.expires_at - clock_timestamp())::float AS seconds_left,
       sent.hour AS sent_this_hour, sent.day AS sent_today,
       extract(epoch FROM clock_timestamp() - sent.last)::float AS since_last_send,
       extract(epoch FROM clock_timestamp() - v.last_attempt_at)::float AS since_last_guess
FROM (
  SELECT * FROM {table} WHERE flow_id = $1 AND purpose = $2 AND ended_at IS NULL
  ORDER BY created_at DESC LIMIT 1
) v,
LATERAL (
  SELECT count(*) FILTER (WHERE created_at > clock_timestamp() - {hour}) AS hour,
         count(*) AS day, max(created_at) AS last
  FROM deliveries WHERE destination = v.{column} AND created_at > clock_timestamp() - {day}
) sent
"""

END = """
UPDATE {table} SET ended_at = clock_timestamp()
WHERE flow_id = $1 AND ended_at IS NULL AND user_id IS NULL
"""


class Statements:
    """The statements for one channel's table."""

    def __init__(self, channel: Channel) -> None:
        self._words = {
            "table": channel.table,
            "column": channel.column,
            "channel": channel.name,
            "live": LIVE,
            "guesses": str(GUESSES),
            "most_in_a_row": str(MOST_IN_A_ROW),
            "hour": "interval '1 hour'",
            "day": "interval '1 day'",
            "template": TEMPLATES[channel.name],
        }
        self._words["queued"] = self._filled(QUEUED)
        self._words["wrong"] = self._filled(WRONG)
        self._words["in_a_row"] = self._filled(IN_A_ROW)
        self.start = self._filled(START)
        self.resend = self._filled(RESEND)
        self.count_guess = self._filled(COUNT_GUESS)
        self.locked_for = self._filled(LOCKED_FOR)
        self.consume = self._filled(CONSUME)
        self.pending = self._filled(PENDING)
        self.end = self._filled(END)

    def _filled(self, statement: str) -> str:
        return statement.format(**self._words)
