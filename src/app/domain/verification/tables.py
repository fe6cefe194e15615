"""The tables of codes sent to phones and e-mail addresses. No digit of a code is ever stored."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.domain.identity.tables import CANONICAL_EMAIL, E164
from app.domain.schema import Created, Digest, Key, Moment, Reference, Table, Words

LIVE = text("consumed_at IS NULL AND ended_at IS NULL")


class Verification:
    """A code proves one (flow, destination, purpose). It is live until consumed or ended."""

    id: Mapped[Key]
    flow_id: Mapped[Digest]
    purpose: Mapped[Words]
    # With the secret key, purpose and destination this yields the code: see `codes.py`.
    nonce: Mapped[Digest]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    last_attempt_at: Mapped[Moment | None]
    created_at: Mapped[Created]
    expires_at: Mapped[Moment]
    consumed_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    # The flow it was proved in, which got another name by that: see `renewal.py`.
    moved_from: Mapped[Digest | None]

    @declared_attr
    def user_id(cls) -> Mapped[Reference | None]:  # noqa: N805 - how SQLAlchemy calls it
        """Whose account the proof went into; then it proves nothing any more."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class PhoneVerifications(Verification, Table):
    __tablename__ = "phone_verifications"
    __table_args__ = (
        CheckConstraint(E164, name="phone_is_e164"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
        # One live code a flow and purpose: two posts at once cannot start two.
        Index(
            "uq_phone_verifications_live", "flow_id", "purpose", unique=True, postgresql_where=LIVE
        ),
        Index("ix_phone_verifications_flow_id", "flow_id", "created_at"),
        # The failure budget belongs to the number and is summed over its rows.
        Index("ix_phone_verifications_phone", "phone", "created_at"),
        Index(
            "ix_phone_verifications_moved_from",
            "moved_from",
            postgresql_where=text("moved_from IS NOT NULL"),
        ),
    )

    phone: Mapped[Words]
    # What was chosen for the account to come, from its proof on (`pricing/choices.py`).
    plan: Mapped[Words | None]


class EmailVerifications(Verification, Table):
    __tablename__ = "email_verifications"
    __table_args__ = (
        CheckConstraint(CANONICAL_EMAIL, name="email_is_canonical"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
        Index(
            "uq_email_verifications_live", "flow_id", "purpose", unique=True, postgresql_where=LIVE
        ),
        Index("ix_email_verifications_flow_id", "flow_id", "created_at"),
        Index("ix_email_verifications_email", "email", "created_at"),
        Index(
            "ix_email_verifications_moved_from",
            "moved_from",
            postgresql_where=text("moved_from IS NOT NULL"),
        ),
    )

    email: Mapped[Words]
