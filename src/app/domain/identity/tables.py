"""The tables of people and of the identities other providers know them by."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Key, Moment, Reference, Table, Words

E164 = r"phone ~ '^\+[1-9][0-9]{6,14}$'"
CANONICAL_EMAIL = "email = lower(email) AND length(email) <= 254 AND position('@' in email) > 1"


class Users(Table):
    """One row a person: both contacts proved, each in canonical form and nobody else's."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("phone", name="uq_users_phone"),
        UniqueConstraint("email", name="uq_users_email"),
        CheckConstraint(E164, name="phone_is_e164"),
        CheckConstraint(CANONICAL_EMAIL, name="email_is_canonical"),
    )

    id: Mapped[Key]
    phone: Mapped[Words]
    email: Mapped[Words]
    # PHC string, which carries its own parameters; null for people who only use a provider.
    password_hash: Mapped[Words | None]
    password_changed_at: Mapped[Moment | None]
    created_at: Mapped[Created]


class Identities(Table):
    """An identity is (issuer, subject), never the e-mail it came with."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
        Index("ix_identities_user_id", "user_id"),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    issuer: Mapped[Words]
    subject: Mapped[Words]
    created_at: Mapped[Created]
