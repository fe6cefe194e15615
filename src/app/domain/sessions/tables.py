"""The table of sessions."""

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Digest, Key, Moment, Reference, Table, Words


class Sessions(Table):
    """One row a signed-in device. `amr` says how the person proved who they are (RFC 8176)."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("uq_sessions_refresh_digest", "refresh_digest", unique=True),
        Index("ix_sessions_live", "user_id", postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    refresh_digest: Mapped[Digest]
    generation: Mapped[int] = mapped_column(Integer, server_default="0")
    amr: Mapped[list[str]] = mapped_column(ARRAY(Text))
    device: Mapped[Words]
    network: Mapped[Words]
    created_at: Mapped[Created]
    last_used_at: Mapped[Created]
    idle_expires_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
    revoked_reason: Mapped[Words | None]
