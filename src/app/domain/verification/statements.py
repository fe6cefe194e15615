"""The SQL of verifications, written once for both tables. The clock is always the database's."""

from app.domain.delivery.floor import ASKED_FOR, uncounted
from app.domain.verification.channel import GUESSES, MOST_IN_A_ROW, Channel
from app.domain.verification.guess_statements import (
    COUNT_GUESS,
    COUNTED,
    IN_A_ROW,
    LOCK_OF,
    LOCKED,
    UNCOUNT_GUESS,
    WRONG,
)

LIVE = "consumed_at IS NULL AND ended_at IS NULL"

# Queues the message of a verification named `v`; completed with where that one comes from.
# $1 flow, $2 purpose, $3 audit event, $4 request, $5 network; $6 to $9 the message, $10 where to;
# $11 whether the floor was asked, $12 whether the short memory counts it. Nothing is done for a
# locked contact, nor where the floor was not asked but has a say.
GATE = """
gate AS (
  SELECT NOT $11 AND EXISTS ({uncounted}) AS asks_floor,
         ({in_a_row_to}) >= {most_in_a_row} AS locked
)
"""
OPEN = "(SELECT NOT asks_floor AND NOT locked FROM gate)"
QUEUED = """
queued AS (
  INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                          verification_id, nonce, purpose, expires_at, counted)
  SELECT $6, '{channel}', {template}, v.{column}, $7, $8, $9, $5, v.id, v.nonce, v.purpose,
         v.expires_at, $12
  FROM v RETURNING 1
),
recorded AS (
  INSERT INTO audit_events (event, flow_id, network, request_id)
  SELECT $3, $1, $5, $4 FROM queued
)
SELECT gate.*, v.id FROM gate LEFT JOIN v ON true
"""

# A second start in the same flow at the same moment finds the first one's row and adds nothing.
STARTED = """
ended AS (
  UPDATE {table} SET ended_at = clock_timestamp()
  WHERE flow_id = $1 AND purpose = $2 AND {live} AND {open} RETURNING 1
),
v AS (
  INSERT INTO {table} (id, flow_id, purpose, nonce, {column}, expires_at)
  SELECT {values} FROM (SELECT count(*) FROM ended) ended
  WHERE {open}
  ON CONFLICT (flow_id, purpose) WHERE {live} DO NOTHING
  RETURNING *
)
"""
START = (
    "WITH {gate},"
    + STARTED.replace("{values}", "$13, $1, $2, $14, $10, clock_timestamp() + $15")
    + ",{queued}"
)
# $1 flow, $2 purpose, $3 id, $4 nonce, $5 contact, $6 lifetime.
START_UNSENT = (
    "WITH"
    + STARTED.replace("{values}", "$3, $1, $2, $4, $5, clock_timestamp() + $6").replace(
        "{open}", "true"
    )
    + "SELECT id FROM v"
)

# $13 as much must be left of its life for a code to be worth sending again.
RESEND = """
WITH {gate},
v AS (
  SELECT * FROM {table}
  WHERE flow_id = $1 AND purpose = $2 AND {column} = $10 AND {live} AND attempts < {guesses}
    AND expires_at > clock_timestamp() + $13 AND {open}
  FOR UPDATE
),
{queued}
"""

KNOWN = "EXISTS (SELECT 1 FROM users u WHERE u.email = v.email)"
TEMPLATES = {
    "sms": "'phone_code'",
    # Whoever reads the mailbox is told whether it has an account; the asker sees the same page. Who
    # changes theirs learns it only once they have proved the new one.
    "email": f"CASE WHEN v.purpose = 'signup' AND {KNOWN} THEN 'email_taken'"
    f" WHEN v.purpose = 'recovery' AND {KNOWN} THEN 'recovery_code'"
    " WHEN v.purpose = 'recovery' THEN 'recovery_unknown'"
    " WHEN v.purpose = 'change-email' THEN 'email_change_code' ELSE 'email_code' END",
}

CONSUME = """
UPDATE {table} SET consumed_at = clock_timestamp() WHERE id = $1 AND {live} RETURNING {column}
"""

# Everything a code page tells, in one look. $1 flow, $2 purpose. Notices have no address and do not
# count: only people with an account get them, which nobody may learn from a wait.
PENDING = """
SELECT v.id, v.{column} AS destination, v.attempts, v.expires_at,
       v.consumed_at IS NOT NULL AS consumed, v.user_id,
       extract(epoch FROM v.expires_at - clock_timestamp())::float AS seconds_left,
       sent.hour AS sent_this_hour, sent.day AS sent_today,
       extract(epoch FROM clock_timestamp() - sent.last)::float AS since_last_send,
       extract(epoch FROM clock_timestamp() - v.last_attempt_at)::float AS since_last_guess,
       extract(epoch FROM clock_timestamp() - v.consumed_at)::float AS since_proof
FROM (
  SELECT * FROM {table} WHERE flow_id = $1 AND purpose = $2 AND ended_at IS NULL
  ORDER BY created_at DESC LIMIT 1
) v,
LATERAL (
  SELECT count(*) FILTER (WHERE created_at > clock_timestamp() - {hour}) AS hour,
         count(*) AS day, max(created_at) AS last
  FROM deliveries
  WHERE destination = v.{column} AND {asked_for} AND created_at > clock_timestamp() - {day}
) sent
"""

END = """
UPDATE {table} SET ended_at = clock_timestamp()
WHERE flow_id = $1 AND ended_at IS NULL AND user_id IS NULL
"""

DROP = "UPDATE {table} SET ended_at = clock_timestamp() WHERE id = $1 AND {live} RETURNING id"


class Statements:
    """The statements for one channel's table."""

    def __init__(self, channel: Channel) -> None:
        self._words = _words_of(channel)
        self._words["in_a_row"] = self._filled(IN_A_ROW, contact="$1")
        self._words["in_a_row_to"] = self._filled(IN_A_ROW, contact="$10")
        self._words["gate"] = self._filled(GATE)
        self._words["queued"] = self._filled(QUEUED)
        self._words["wrong"] = self._filled(WRONG)
        self.start = self._filled(START)
        self.start_unsent = self._filled(START_UNSENT)
        self.resend = self._filled(RESEND)
        self.count_guess = self._filled(COUNT_GUESS)
        self.uncount_guess = self._filled(UNCOUNT_GUESS)
        self.lock_of = self._filled(LOCK_OF)
        self.counted = self._words["counted"] = self._filled(COUNTED)
        self.locked = self._filled(LOCKED)
        self.consume = self._filled(CONSUME)
        self.pending = self._filled(PENDING)
        self.end = self._filled(END)
        self.drop = self._filled(DROP)

    def _filled(self, statement: str, **more: str) -> str:
        return statement.format(**self._words, **more)


def _words_of(channel: Channel) -> dict[str, str]:
    """What the statements are put together from; all of it is ours."""
    return {
        "table": channel.table,
        "column": channel.column,
        "channel": channel.name,
        "live": LIVE,
        "asked_for": ASKED_FOR,
        "open": OPEN,
        "uncounted": uncounted(channel.name),
        "guesses": str(GUESSES),
        "most_in_a_row": str(MOST_IN_A_ROW),
        "hour": "interval '1 hour'",
        "day": "interval '1 day'",
        "template": TEMPLATES[channel.name],
    }
