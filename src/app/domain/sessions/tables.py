"""The tables of sessions and of the keys that sign for them."""

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Digest, Key, Moment, Reference, Table, Words


class Sessions(Table):
    """One row a signed-in device. `amr` says how the person proved who they are (RFC 8176)."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_live", "user_id", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # Of the newest refresh token, and of the newest token that was seen in use.
    generation: Mapped[int] = mapped_column(Integer, server_default="0")
    seen_generation: Mapped[int] = mapped_column(Integer, server_default="0")
    rotated_at: Mapped[Created]
    # Rotations are limited by the minute: when the one at hand began, and with which generation.
    counted_since: Mapped[Created]
    counted_from: Mapped[int] = mapped_column(Integer, server_default="0")
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # The last fresh proof; changes of the account ask for one of the last ten minutes.
    authenticated_at: Mapped[Created]
    device: Mapped[Words]
    network: Mapped[Words]
    created_at: Mapped[Created]
    last_used_at: Mapped[Created]
    idle_expires_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    revoked_reason: Mapped[Words | None]


class SigningKeys(Table):
    """Keys of access tokens. `sealed` is the private half under a key from `SECRET_KEY`."""

    __tablename__ = "signing_keys"

    id: Mapped[Words] = mapped_column(primary_key=True)
    sealed: Mapped[Digest]
    created_at: Mapped[Created]
