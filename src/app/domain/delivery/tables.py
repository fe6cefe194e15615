"""The table of texts and mails on their way, and of what became of them."""

from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Digest, Key, Moment, Reference, Table, Words

STATES = "state IN ('queued', 'sending', 'sent', 'delivered', 'refused', 'failed', 'expired')"

WAITING = text("state IN ('queued', 'sending')")
UNCOUNTED = text("NOT counted")


class Deliveries(Table):
    """The outbox: committed with the flow, claimed by a dispatcher, kept to count what was sent."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'email')", name="channel_is_known"),
        CheckConstraint(STATES, name="state_is_known"),
        # What the dispatcher looks through: only what still waits.
        Index("ix_deliveries_waiting", "next_try_at", postgresql_where=WAITING),
        Index("ix_deliveries_verification_id", "verification_id", "created_at"),
        Index("ix_deliveries_destination", "destination", "created_at"),
        Index("ix_deliveries_created_at", "created_at"),
        Index("ix_deliveries_provider_id", "provider_id"),
        # What a silent short memory does not know of: as a rule, nothing.
        Index("ix_deliveries_uncounted", "channel", "created_at", postgresql_where=UNCOUNTED),
    )

    id: Mapped[Key]
    channel: Mapped[Words]
    template: Mapped[Words]
    destination: Mapped[Words]
    # What the limits count by; null for mail.
    block: Mapped[Words | None]
    region: Mapped[Words | None]
    address: Mapped[Words]
    network: Mapped[Words]
    # Whether the short memory counted it too; where not, only these rows know of it.
    counted: Mapped[bool] = mapped_column(Boolean, server_default="true")
    verification_id: Mapped[Reference | None]
    # With the secret key these yield the code when it is sent; see `verification/codes.py`.
    nonce: Mapped[Digest | None]
    purpose: Mapped[Words | None]
    # What the words of a notice need beside that: never a code.
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    state: Mapped[Words] = mapped_column(server_default="queued")
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # How often it may have gone out without an answer that said so; twice ends it.
    uncertain: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Until then nobody else may claim it: the lease of a dispatcher, or the wait before a retry.
    next_try_at: Mapped[Created]
    expires_at: Mapped[Moment]
    provider_id: Mapped[Words | None]
    provider_code: Mapped[Words | None]
    reason: Mapped[Words | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
