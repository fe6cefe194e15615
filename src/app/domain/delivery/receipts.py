"""Receipts: what the providers tell later of the messages that they took."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.domain.audit import AuditEvent
from app.domain.delivery.outbox import State
from app.domain.errors import Refusal
from app.domain.i18n import _
from app.domain.metrics import DELIVERIES, DELIVERY_SECONDS, EVENTS
from app.domain.ports import Database, Reason
from app.domain.sql import load_queries

sql = load_queries(__file__, "receipts.sql")

# Hard bounces after which an account's notices are not mailed until its address is proved again.
MOST_BOUNCES = 3
PROVIDER_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Forged(Refusal):
    """Not signed by the provider, or long ago."""

    status = 403
    code = "forged"
    message = _("This call isn’t signed as it has to be.")


@dataclass(frozen=True, slots=True)
class Receipt:
    """`reference` is our id of the message, `provider_id` the provider's. A `bounce` came back for
    good (hard) or for now (soft), maybe long after it was delivered. `words` are those of the
    provider or the network, for operators: no contact, no secret, no URL.
    """

    reference: str
    provider_id: str
    state: State
    reason: Reason | None = None
    provider_code: str | None = None
    bounce: Literal["", "hard", "soft"] = ""
    words: str = ""


class ReceiptReader(Protocol):
    def read_receipts(self, target: str, headers: dict[bytes, bytes], body: bytes) -> list[Receipt]:
        """Of one call to `target`, path and query. What is no receipt is passed over. Raises
        `Forged`.
        """


def clean_id(text: str) -> str:
    """An id of a provider's; '' for what is none, such as a text that PostgreSQL would not take."""
    return text if PROVIDER_ID.fullmatch(text) else ""


def is_uuid(text: str) -> bool:
    """As `str` of one writes it."""
    return UUID_SHAPE.fullmatch(text) is not None


class Receipts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, channel: str, sender: str, receipts: Sequence[Receipt]) -> None:
        """What that sender tells. A message's state only moves forward; repeats and what comes late
        change nothing, nor does the failure of one that another sender has by now.
        """
        if not receipts:
            return
        query = sql.record_receipts(
            channel=channel,
            sender=sender,
            references=[each.reference for each in receipts],
            provider_ids=[each.provider_id for each in receipts],
            states=[each.state.value for each in receipts],
            reasons=[each.reason for each in receipts],
            provider_codes=[each.provider_code for each in receipts],
            bounces=[each.bounce for each in receipts],
            words=[each.words for each in receipts],
        )
        async with self._database.connection() as connection:
            moved = await connection.fetch(*query)
        for row in moved:
            what = (row["channel"], sender, row["region"])
            DELIVERIES.add(*what, row["state"])
            if row["is_notice_lost"]:
                EVENTS.add(AuditEvent.NOTICE_NOT_SENT)
            if row["state"] == State.DELIVERED:
                DELIVERY_SECONDS.observe(row["seconds"], *what)
