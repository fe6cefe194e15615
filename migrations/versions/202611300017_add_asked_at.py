"""When the provider last asked a person who they are, beside an identity of a sign-up."""

from alembic import op

revision: str = "202611300017"
down_revision: str | None = "202611300013"


def upgrade() -> None:
    op.execute("ALTER TABLE identity_proofs ADD COLUMN asked_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE identity_proofs DROP COLUMN asked_at")
