"""How many wrong codes strangers entered in a row for a contact. Nothing is carried over: what was
locked for ever by the version before is so no more.
"""

from alembic import op

revision: str = "202611291732"
down_revision: str | None = "202611291725"

CREATE = """
CREATE TABLE contact_failures (
  subject bytea NOT NULL,
  in_a_row integer NOT NULL,
  last_wrong_at timestamptz DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_contact_failures PRIMARY KEY (subject)
)
"""


def upgrade() -> None:
    op.execute(CREATE)


def downgrade() -> None:
    op.execute("DROP TABLE contact_failures")
