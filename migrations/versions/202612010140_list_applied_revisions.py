"""A database lists the migrations it has had, so that one that was left out is noticed."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision: str = "202612010140"
down_revision: str | None = "202612010130"


def upgrade() -> None:
    op.create_table(
        "schema_revisions",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column(
            "applied_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_revisions")),
    )
    names = (file.name.partition("_")[0] for file in Path(__file__).parent.glob("[0-9]*.py"))
    for earlier in sorted(name for name in names if name < revision):
        op.execute(
            sa.text("INSERT INTO schema_revisions (revision) VALUES (:earlier)").bindparams(
                earlier=earlier
            )
        )


def downgrade() -> None:
    op.drop_table("schema_revisions")
