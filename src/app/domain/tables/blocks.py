"""The table of what is kept out."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Moment, Table, Words


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
