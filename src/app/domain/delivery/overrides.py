"""An operator's word on where texts go, which holds over breaker and pressure until its end."""

import re
from collections.abc import Sequence

import phonenumbers

from app.domain.audit import AuditEvent, record_operator
from app.domain.delivery.rooms import Room
from app.domain.delivery.stops import sql
from app.domain.ports import Database

ROOMS = (Room.STRANGERS.value, Room.MAILED.value, Room.KNOWN.value)  # that can be stopped

BLOCK = re.compile(r"\+[1-9][0-9]{3,10}")  # a number without its last four digits


def read_place(given: str) -> tuple[str, str] | None:
    """The kind and key of a region such as SE, or of a block; None for anything else."""
    if given.upper() in phonenumbers.SUPPORTED_REGIONS:
        return "region", given.upper()
    return ("block", given) if BLOCK.fullmatch(given) else None


async def override_stops(
    database: Database,
    kind: str,
    key: str,
    rooms: Sequence[str],
    seconds: int,
    reason: str,
    *,
    is_allowed: bool,
) -> None:
    """In the place of whatever is in force there. Every process goes by it within two seconds. It
    is on record.
    """
    async with database.transaction() as connection:
        for room in rooms:
            place = {"kind": kind, "key": key, "room": room}
            word = {"is_allowed": is_allowed, "reason": reason, "seconds": seconds}
            await connection.execute(*sql.override_stop(**place, **word))
            await connection.execute(*sql.drop_probes(**place))
        await record_operator(
            connection,
            AuditEvent.TEXTS_ALLOWED if is_allowed else AuditEvent.TEXTS_STOPPED,
            kind=kind,
            key=key,
            rooms=",".join(rooms),
            seconds=seconds,
            reason=reason,
        )
