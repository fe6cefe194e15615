"""The tables of sign-ins at another provider: what they proved, and which are over."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Digest, Key, Moment, Reference, Table, Words

WAITING = text("ended_at IS NULL AND user_id IS NULL")


class IdentityProofs(Table):
    """Who somebody is elsewhere, proved in a sign-up that has no account yet."""

    __tablename__ = "identity_proofs"
    __table_args__ = (
        # One waits in a flow at most.
        Index("uq_identity_proofs_waiting", "flow_id", unique=True, postgresql_where=WAITING),
        Index("ix_identity_proofs_flow_id", "flow_id", "created_at"),
        Index("ix_identity_proofs_user_id", "user_id"),
        Index("ix_identity_proofs_subject", "subject", "issuer", postgresql_where=WAITING),
    )

    id: Mapped[Key]
    flow_id: Mapped[Digest]
    issuer: Mapped[Words]
    subject: Mapped[Words]
    # As the provider told it; not the account's until it is proved.
    email: Mapped[Words | None]
    email_verified: Mapped[bool]
    created_at: Mapped[Created]
    ended_at: Mapped[Moment | None]
    # Whose account it went into; then it proves nothing any more.
    user_id: Mapped[Reference | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class SpentTransactions(Table):
    """Sign-ins at a provider that came back: none does twice. A row outlives its cookie."""

    __tablename__ = "spent_transactions"
    __table_args__ = (Index("ix_spent_transactions_spent_at", "spent_at"),)

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    spent_at: Mapped[Created]
