"""The table of changed numbers and addresses."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.schema import Created, Key, Moment, Reference, Table, Words


class ContactChanges(Table):
    """A number or address that took another's place. For a week it can be undone, once."""

    __tablename__ = "contact_changes"
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'email')", name="kind_is_known"),
        Index("ix_contact_changes_user_id", "user_id", "changed_at"),
    )

    id: Mapped[Key]
    user_id: Mapped[Reference] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[Words]
    old_value: Mapped[Words]
    new_value: Mapped[Words]
    changed_at: Mapped[Created]
    undone_at: Mapped[Moment | None]
