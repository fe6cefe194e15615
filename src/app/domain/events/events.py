"""Events: what services are told of people, signed by the scheme of Standard Webhooks.

A trigger writes them, in the transaction of whatever changes a person (`events.sql`). Here they
are rendered for one service: its scopes say what else than the person's id it may know.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any, Protocol
from uuid import UUID

from app.domain.audit import AuditEvent, record_operator
from app.domain.keys import Signer
from app.domain.ports import Connection, Database, Record
from app.domain.services import Service
from app.domain.sql import load_queries

sql = load_queries(__file__, "events.sql")

SECRET_PREFIX = "whsec_"  # noqa: S105 - what each secret begins with


@dataclass(frozen=True, slots=True)
class Event:
    """`told` are facts of the event itself; `person` what its person has now, by scope, None once
    the account is gone. `position` and `tries` are of the row it was claimed from.
    """

    id: UUID
    type: str
    user_id: UUID | None
    at: datetime
    facts: Mapping[str, Any]
    person: Mapping[str, str | None] | None
    position: int = 0
    tries: int = 0

    @classmethod
    def from_row(cls, row: Record) -> "Event":
        person = {scope: row[scope] for scope in ("phone", "email", "plan")}
        return cls(
            row["id"],
            row["type"],
            row["user_id"],
            row["created_at"],
            json.loads(row["details"]),
            person if row["is_there"] else None,
            row["position"],
            row["tries"],
        )

    def render(self, scopes: frozenset[str]) -> bytes:
        """The body for a service with these scopes, as JSON."""
        person = self.person or {}
        known = {scope: value for scope, value in person.items() if scope in scopes}
        whose = {"user": str(self.user_id)} if self.user_id else {}
        return json.dumps(
            {
                "id": str(self.id),
                "type": self.type,
                "timestamp": self.at.astimezone(UTC).isoformat(),
                "data": {**whose, **self.facts, **known},
            },
            ensure_ascii=False,
        ).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a receiver, in `words` for operators. `status` is that of HTTP, 0 where none came;
    `retry_after` is what it asks for, in seconds.
    """

    status: int
    words: str
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class Webhooks(Protocol):
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Within ten seconds. Never raises for what the receiver or the network did."""


async def post_event(webhooks: Webhooks, service: Service, event: Event) -> Answer:
    """With a signature by each of the service's secrets, so that it may know either."""
    body = event.render(service.scopes)
    sent_at = str(int(time()))
    signed = f"{event.id}.{sent_at}.".encode() + body
    keys = [b64decode(secret.removeprefix(SECRET_PREFIX)) for secret in service.events_secrets]
    macs = [b64encode(Signer((key,)).sign(signed)).decode() for key in keys]
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(event.id),
        "webhook-timestamp": sent_at,
        "webhook-signature": " ".join(f"v1,{mac}" for mac in macs),
    }
    return await webhooks.post(service.events_url, headers, body)


async def set_receivers(database: Database, services: Sequence[Service]) -> None:
    """From now on these are told, and no others; whatever was written before stays."""
    async with database.transaction() as connection:
        await connection.execute(*sql.drop_receivers(services=[each.name for each in services]))
        for each in services:
            await connection.execute(
                *sql.set_receiver(
                    service=each.name, events=sorted(each.events), scopes=sorted(each.scopes)
                )
            )


async def claim_due(connection: Connection, service: str, most: int) -> list[Event]:
    """Takes up to so many events for half a minute, one of a person at most; no two dispatchers
    ever take the same.
    """
    rows = await connection.fetch(*sql.claim_due(service=service, most=most))
    return [Event.from_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """For operators. `answer`: of the last try, '' before the first."""

    id: UUID
    service: str
    type: str
    user_id: UUID | None
    state: str
    tries: int
    answer: str
    created_at: datetime


async def list_events(
    database: Database, service: str | None, state: str | None, most: int
) -> list[ListedEvent]:
    """The newest first, of any service and in any state where none is named; it is on record, as
    they say of people what became of them.
    """
    async with database.transaction() as connection:
        rows = await connection.fetch(*sql.list_events(service=service, state=state, most=most))
        await record_operator(connection, AuditEvent.EVENTS_LISTED, count=len(rows))
    names = ListedEvent.__dataclass_fields__
    return [ListedEvent(**{name: row[name] for name in names}) for row in rows]


async def replay_events(
    database: Database, event_id: UUID | None, since: datetime | None, service: str | None
) -> int:
    """How many are sent again, to any service where none is named; it is on record."""
    async with database.transaction() as connection:
        count: int = await connection.fetchval(
            *sql.replay_events(event_id=event_id, since=since, service=service)
        )
        if count:
            await record_operator(connection, AuditEvent.EVENTS_REPLAYED, count=count)
    return count
