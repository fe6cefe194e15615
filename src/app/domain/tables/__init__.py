"""What all tables share: the registry that migrations compare with, and the column shapes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from advanced_alchemy.base import orm_registry
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import LargeBinary, Text, Uuid, func
from sqlalchemy.orm import DeclarativeBase, mapped_column

# UUIDv7 (RFC 9562) made by the application: PostgreSQL 17 and older have none of their own.
Key = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
Reference = Annotated[UUID, mapped_column(Uuid)]
Words = Annotated[str, mapped_column(Text)]
# SHA-256 of a secret that only its holder has; a dump of the table opens nothing.
Digest = Annotated[bytes, mapped_column(LargeBinary)]
Moment = Annotated[datetime, mapped_column(DateTimeUTC(timezone=True))]
Created = Annotated[
    datetime, mapped_column(DateTimeUTC(timezone=True), server_default=func.clock_timestamp())
]


class Table(DeclarativeBase):
    """Base of all tables. They describe and migrate; statements are written as SQL."""

    registry = orm_registry
    metadata = orm_registry.metadata
