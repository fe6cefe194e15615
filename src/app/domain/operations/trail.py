"""The audit trail, as an operator reads or exports it; that they did is in it, too."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.audit import AuditEvent, record_operator
from app.domain.ports import Connection, Database, Record
from app.domain.sql import load_queries

sql = load_queries(__file__, "trail.sql")


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """`network` is '' once its person is deleted, and where nobody asked. `event` may be one of an
    earlier version.
    """

    id: int
    at: datetime
    event: str
    user_id: UUID | None
    network: str
    request_id: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """The oldest first. `has_more`: there are older ones that were asked for, too."""

    events: tuple[RecordedEvent, ...]
    has_more: bool


async def read_trail(
    database: Database,
    *,
    most: int,
    user_id: UUID | None = None,
    event: AuditEvent | None = None,
    since: datetime | None = None,
) -> Trail:
    """The newest `most` of a person, of a name, or of all. That somebody read it is on record."""
    async with database.transaction() as connection:
        trail = await find_events(connection, most=most, user_id=user_id, event=event, since=since)
        about = {"of": event.value} if event else {}
        await record_operator(connection, AuditEvent.AUDIT_READ, user_id, **about)
    return trail


async def find_events(
    connection: Connection,
    *,
    most: int,
    user_id: UUID | None = None,
    event: AuditEvent | None = None,
    since: datetime | None = None,
) -> Trail:
    asked: dict[str, object] = {"since": since, "most": most + 1}
    if user_id:
        query = sql.find_of_person(user_id=user_id, event=event, **asked)
    elif event:
        query = sql.find_of_event(event=event, **asked)
    else:
        query = sql.find_all(**asked)
    rows = await connection.fetch(*query)
    return Trail(tuple(map(_event, reversed(rows[:most]))), len(rows) > most)


def _event(row: Record) -> RecordedEvent:
    return RecordedEvent(
        id=row["id"],
        at=row["at"],
        event=row["event"],
        user_id=row["user_id"],
        network=row["network"] or "",
        request_id=row["request_id"] or "",
        details=json.loads(row["details"]),
    )
