"""The plan that somebody chose: for an account, and for a sign-up whose number is proved."""

from alembic import op

revision: str = "202611281326"
down_revision: str | None = "202611281325"

UPGRADE = """
CREATE TABLE plan_choices (
  user_id uuid NOT NULL,
  plan text NOT NULL,
  interval text NOT NULL,
  currency text NOT NULL,
  amount_minor bigint NOT NULL,
  chosen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_plan_choices PRIMARY KEY (user_id),
  CONSTRAINT fk_plan_choices_user_id_users
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_plan_choices_interval_is_known CHECK (interval IN ('month', 'year')),
  CONSTRAINT ck_plan_choices_currency_is_iso_4217 CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT ck_plan_choices_amount_is_not_negative CHECK (amount_minor >= 0)
)
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute("ALTER TABLE phone_verifications ADD COLUMN plan text")


def downgrade() -> None:
    op.execute("ALTER TABLE phone_verifications DROP COLUMN plan")
    op.execute("DROP TABLE plan_choices")
