"""Sends that a limit refused, for whoever is asked why no code came: to what contact, by which
limit, and when. One row an hour, contact and limit, and few of a network, so that nobody can fill
the table. Contacts and networks are kept as keyed digests (`Subjects`).
"""

from contextlib import suppress

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, record_hourly
from app.domain.errors import Unavailable
from app.domain.limit_refusals import TooManySends, name_limit
from app.domain.ports import Tally
from app.domain.sql import load_queries
from app.domain.verification.verification import Challenge, Verifications

sql = load_queries(__file__, "refused_sends.sql")

MOST_OF_NETWORK = 20  # rows an hour
MOST = 2000  # rows an hour of all networks

# Where the person is told nothing: the text was not sent, or was sent by another room all the same.
WITHHELD, PASSED_OVER = "withheld", "passed_over"


async def record_refused_send(
    codes: Verifications, challenge: Challenge, contact: str, refusal: str, limit: str
) -> None:
    """Here, and in the audit trail without the contact. `refusal` is what the person was told, by
    its code, or one of the above; `limit` the name of the one that said no. Raises `Unavailable`.
    """
    purpose, network = challenge.purpose, challenge.origin.network
    await record_hourly(codes.database, AuditEvent(f"{purpose}:send_refused"), network, limit=limit)
    subjects = codes.dependencies.subjects
    query = sql.record_refused_send(
        subject=subjects.of(contact),
        refusal=refusal,
        limit_name=limit,
        purpose=purpose,
        network=subjects.of(network),
        most_of_network=MOST_OF_NETWORK,
        most=MOST,
    )
    async with codes.database.connection() as connection:
        await connection.execute(*query)


async def take_room(
    codes: Verifications,
    challenge: Challenge,
    contact: str,
    limit: str,
    tally: Tally,
    entry: str = "",
) -> None:
    """In a limit of what is asked for that only the short memory counts; once for each `entry`,
    where it has a name. Raises `TooManySends`,
    which is on record then, and `Unavailable` while that is silent.
    """
    count = await codes.dependencies.memory.count([tally], entry or str(uuid7()))
    if count.reached:
        refusal = name_limit(TooManySends(), limit)
        with suppress(Unavailable):
            await record_refused_send(codes, challenge, contact, refusal.code, limit)
        raise refusal
