"""Calls of the API that are carried out once."""

from alembic import op

revision: str = "202611302210"
down_revision: str | None = "202611302200"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE idempotent_calls ("
        " id bytea NOT NULL, fingerprint bytea NOT NULL, answer bytea,"
        " begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
        " CONSTRAINT pk_idempotent_calls PRIMARY KEY (id))"
    )
    op.execute("CREATE INDEX ix_idempotent_calls_begun_at ON idempotent_calls (begun_at)")


def downgrade() -> None:
    op.execute("DROP TABLE idempotent_calls")
