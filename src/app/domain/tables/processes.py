"""The tables of what serves at this moment, and of the keys that it has."""

from sqlalchemy import Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Key, Table, Words


class Processes(Table):
    """A row is renewed by its process, and dies when it is not. `secrets` are the fingerprints of
    what it has as `SECRET_KEY`, in that order; `signs_by` is one of them.
    """

    __tablename__ = "processes"

    id: Mapped[Key]
    host: Mapped[Words]
    pid: Mapped[int] = mapped_column(Integer)
    secrets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    signs_by: Mapped[Words]
    started_at: Mapped[Created]
    seen_at: Mapped[Created]


class SecretKeys(Table):
    """When each key of `SECRET_KEY` was first seen: the oldest of those in use is the one that
    contacts are counted by.
    """

    __tablename__ = "secret_keys"

    fingerprint: Mapped[Words] = mapped_column(primary_key=True)
    first_seen_at: Mapped[Created]
