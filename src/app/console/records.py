"""Rows of the product's tables, as the operators' pages list them: read, and never written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService
from sqlalchemy import Select, func, select
from sqlalchemy.orm import load_only

from app.adapters.engine import build_engine
from app.adapters.postgres_connection import POOLED, Connector, session_of
from app.domain.tables.messages import WAITING, Deliveries
from app.domain.tables.operations import AuditEvents
from app.settings import Settings
from app.settings.database_url import parse_database_url

PATIENCE = 2500  # milliseconds for a statement; a page has 5 seconds in all
READ_ONLY = {"default_transaction_read_only": "on"}

# What is listed of a message: nothing that a code could be made from.
SHOWN_OF_MESSAGE = (
    Deliveries.id, Deliveries.channel, Deliveries.template, Deliveries.destination,
    Deliveries.region, Deliveries.address, Deliveries.purpose, Deliveries.state, Deliveries.tries,
    Deliveries.reason, Deliveries.sender, Deliveries.room, Deliveries.created_at,
)  # fmt: skip
MESSAGES: Select[Any] = select(Deliveries).options(load_only(*SHOWN_OF_MESSAGE))


def build_database(settings: Settings) -> SQLAlchemyAsyncConfig:
    """Over our own way to connect, as `DATABASE_URL` says."""
    connector = Connector(parse_database_url(settings.database_url))
    options = POOLED
    if settings.database_pooler != "transaction":
        session = session_of(PATIENCE)
        options = {"server_settings": session["server_settings"] | READ_ONLY}

    connect = partial(connector.connect, 2.0, command_timeout=PATIENCE / 1000, **options)
    engine = build_engine(connect, pool_size=5, max_overflow=0, pool_timeout=2,
                          pool_pre_ping=True)  # fmt: skip
    return SQLAlchemyAsyncConfig(engine_instance=engine, set_default_exception_handler=False)


class AuditRepository(SQLAlchemyAsyncRepository[AuditEvents]):
    model_type = AuditEvents


class AuditTrail(SQLAlchemyAsyncRepositoryService[AuditEvents, AuditRepository]):
    repository_type = AuditRepository


@dataclass(frozen=True, slots=True)
class Queue:
    """The outbox: what waits for its turn or its next try, since when the oldest does, and what a
    server is handing over right now.
    """

    waiting: int
    oldest: datetime | None
    in_flight: int


@dataclass(frozen=True, slots=True)
class HourOfSends:
    hour: datetime
    channel: str
    messages: int


class MessageRepository(SQLAlchemyAsyncRepository[Deliveries]):
    model_type = Deliveries

    async def find_queue(self) -> Queue:
        statement = (
            select(Deliveries.state, func.count(), func.min(Deliveries.created_at))
            .where(WAITING)
            .group_by(Deliveries.state)
        )
        found = {
            state: (count, oldest)
            for state, count, oldest in (await self.session.execute(statement)).all()
        }
        waiting, oldest = found.get("queued", (0, None))
        return Queue(waiting, oldest, found.get("sending", (0, None))[0])

    async def count_by_hour(self, hours: int) -> Sequence[HourOfSends]:
        """Codes of the last `hours`, this one included; those that a limit withheld are none."""
        hour = func.date_trunc("hour", Deliveries.created_at, "UTC")
        since = func.date_trunc("hour", func.statement_timestamp(), "UTC") - timedelta(
            hours=hours - 1
        )
        statement = (
            select(hour, Deliveries.channel, func.count())
            .where(Deliveries.created_at >= since, Deliveries.address != "")
            .where(Deliveries.room != "withheld")
            .group_by(hour, Deliveries.channel)
        )
        rows = await self.session.execute(statement)
        return [HourOfSends(*row) for row in rows.all()]


class Messages(SQLAlchemyAsyncRepositoryService[Deliveries, MessageRepository]):
    repository_type = MessageRepository
