"""The outbox: messages are rows, committed with the flow that wants them sent."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.ports import Connection, Reason, Record

DUE = """
SELECT id, state FROM deliveries
WHERE channel = '{channel}' AND state IN ('queued', 'sending')
  AND next_try_at <= clock_timestamp()
ORDER BY next_try_at LIMIT {most} FOR UPDATE SKIP LOCKED
"""

# Each channel has its own room, so that neither waits for the other. Materialized, because planned
# as the inner side of a join it would be run again and again, and take more at each turn. What an
# earlier dispatcher died holding may have gone out.
CLAIM = f"""
WITH waiting AS MATERIALIZED (
  SELECT * FROM ({DUE.format(channel="sms", most="$1")}) texts
  UNION ALL
  SELECT * FROM ({DUE.format(channel="email", most="$2")}) letters
)
UPDATE deliveries d
SET state = 'sending', tries = d.tries + 1,
    uncertain = d.uncertain + (waiting.state = 'sending')::int, updated_at = clock_timestamp(),
    next_try_at = clock_timestamp() + interval '30 seconds'
FROM waiting
WHERE d.id = waiting.id
RETURNING d.*, waiting.state = 'sending' AS abandoned,
  extract(epoch FROM clock_timestamp() - d.created_at)::float AS age,
  extract(epoch FROM d.expires_at - clock_timestamp())::float AS seconds_left
"""

# What became of a batch of claimed messages. Whoever lost its claim to another, which the number of
# tries tells, has nothing to say any more, except that the message was sent. One that stays claimed
# was only asked about: that is no try, and whoever claims it next asks again.
SETTLE = """
UPDATE deliveries d
SET state = s.state, tries = d.tries - (s.state = 'sending')::int,
    provider_id = coalesce(s.provider_id, d.provider_id),
    provider_code = s.provider_code, reason = s.reason, uncertain = s.uncertain,
    next_try_at = clock_timestamp() + make_interval(secs => s.delay),
    updated_at = clock_timestamp()
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[],
            $8::float[])
  AS s (id, tries, state, provider_id, provider_code, reason, uncertain, delay)
WHERE d.id = s.id AND (d.state = 'sending' AND d.tries = s.tries
                       OR d.state IN ('queued', 'sending', 'failed') AND s.state = 'sent')
"""


class State(StrEnum):
    """What became of a message; only ever moves forward."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Message:
    """One claimed row. `abandoned`: an earlier dispatcher died holding it. `age` in seconds."""

    id: UUID
    channel: str
    template: str
    destination: str
    nonce: bytes | None
    purpose: str | None
    context: str
    tries: int
    uncertain: int
    abandoned: bool
    age: float
    seconds_left: float

    @classmethod
    def from_row(cls, row: Record) -> "Message":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Settled:
    """What to write back about one message. `delay` in seconds, for a state of `queued` until it is
    sent again, of `sending` until it is asked about again.
    """

    message: Message
    state: State
    provider_id: str | None = None
    provider_code: str | None = None
    reason: Reason | None = None
    uncertain: int = 0
    delay: float = 0.0


async def claim(connection: Connection, texts: int, letters: int) -> list[Message]:
    """Takes up to so many due messages for 30 seconds; no two dispatchers ever take the same."""
    return [Message.from_row(row) for row in await connection.fetch(CLAIM, texts, letters)]


async def settle(connection: Connection, batch: list[Settled]) -> None:
    """Writes what became of claimed messages, in one statement."""
    await connection.execute(
        SETTLE,
        [settled.message.id for settled in batch],
        [settled.message.tries for settled in batch],
        [settled.state for settled in batch],
        [settled.provider_id for settled in batch],
        [settled.provider_code for settled in batch],
        [settled.reason for settled in batch],
        [settled.uncertain for settled in batch],
        [settled.delay for settled in batch],
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """What a person waiting for a message may know. `unsure`: it may have gone out all the same."""

    state: State
    reason: Reason | None
    unsure: bool
    age: float  # seconds since it was queued


async def progress(connection: Connection, verification_id: UUID) -> Progress | None:
    """Of the newest message that carries this verification's code."""
    row = await connection.fetchrow(PROGRESS, verification_id)
    if row is None:
        return None
    reason = Reason(row["reason"]) if row["reason"] else None
    return Progress(State(row["state"]), reason, row["unsure"], row["age"])


PROGRESS = """
SELECT state, reason,
  uncertain > 0 OR provider_code IS NOT DISTINCT FROM 'abandoned' AS unsure,
  extract(epoch FROM clock_timestamp() - created_at)::float AS age
FROM deliveries WHERE verification_id = $1 ORDER BY created_at DESC LIMIT 1
"""
