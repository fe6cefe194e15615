"""The table of the migrations that a database has had."""

from sqlalchemy.orm import Mapped, mapped_column

from app.domain.tables import Created, Table, Words


class SchemaRevisions(Table):
    """Beside Alembic's own, which holds the newest alone: so one that was left out is noticed."""

    __tablename__ = "schema_revisions"

    revision: Mapped[Words] = mapped_column(primary_key=True)
    applied_at: Mapped[Created]
