"""The table of audit events."""

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Digest, Reference, Table, Words

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
