"""What waits of an identity elsewhere is looked for at each sign-in with it."""

from alembic import op

revision: str = "202611281412"
down_revision: str | None = "202611281327"

INDEX = """
CREATE INDEX ix_identity_proofs_subject ON identity_proofs (subject, issuer)
WHERE ended_at IS NULL AND user_id IS NULL
"""


def upgrade() -> None:
    op.execute(INDEX)


def downgrade() -> None:
    op.execute("DROP INDEX ix_identity_proofs_subject")
