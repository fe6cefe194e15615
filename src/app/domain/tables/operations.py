"""The tables of operation: the audit trail, what is kept out, the processes that serve at this
moment and the keys that they have, restored backups, migrations.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Digest, Key, Moment, Reference, Table, Words

REFUSED = text("event LIKE '%refused'")


class AuditEvents(Table):
    """Insert-only, which a trigger holds: only `forget_audit_events` takes anything out. `event` is
    `subject:action`, a past fact such as `signup:code_refused`.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id_at", "user_id", "at"),
        Index("ix_audit_events_event_at", "event", "at"),
        # Where a deleted person was in a sign-up. By hash: it takes half as much as a tree.
        Index("ix_audit_events_flow_id", "flow_id", postgresql_using="hash"),
        # What has expired.
        Index("ix_audit_events_at", "at", postgresql_using="brin"),
        # What was wrong from where, for limits whose short memory forgot.
        Index("ix_audit_events_refused", "network", "at", postgresql_where=REFUSED),
        # By month, as `Deliveries`.
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Created]
    event: Mapped[Words]
    user_id: Mapped[Reference | None]
    flow_id: Mapped[Digest | None]
    network: Mapped[Words | None]
    request_id: Mapped[Words | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class Blocks(Table):
    """By an operator, whose name is `added_by`. `until` is null for one without an end."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("kind IN ('number', 'block', 'network', 'domain')", name="kind_is_known"),
    )

    kind: Mapped[Words] = mapped_column(primary_key=True)
    value: Mapped[Words] = mapped_column(primary_key=True)
    reason: Mapped[Words]
    added_by: Mapped[Words]
    added_at: Mapped[Created]
    until: Mapped[Moment | None]


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


class RestoreMarks(Table):
    """One row. `marked_at` only grows: where it is behind what a server remembers elsewhere, a
    backup was restored. Then the other columns say what is lost, until an operator has ended the
    sessions that came back.
    """

    __tablename__ = "restore_marks"
    __table_args__ = (CheckConstraint("one", name="is_one"),)

    one: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    marked_at: Mapped[Created]
    restored_to: Mapped[Moment | None]
    lost_until: Mapped[Moment | None]
    noticed_at: Mapped[Moment | None]


class SchemaRevisions(Table):
    """Beside Alembic's own, which holds the newest alone: so one that was left out is noticed."""

    __tablename__ = "schema_revisions"

    revision: Mapped[Words] = mapped_column(primary_key=True)
    applied_at: Mapped[Created]
