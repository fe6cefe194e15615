"""The table that says how far the database has come."""

from sqlalchemy import Boolean, CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Moment, Table


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
