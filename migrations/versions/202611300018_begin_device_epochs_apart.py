"""A new account's `device_epoch` is the second it is made in, so that a device of whoever had its
number or address before is not known to it. Accounts that are there keep theirs: another one would
forget everybody's devices. Not from 1970, as the column would be full in 2038.
"""

from alembic import op

revision: str = "202611300018"
down_revision: str | None = "202611300017"

BEGIN = """
ALTER TABLE users ALTER COLUMN device_epoch
SET DEFAULT extract(epoch FROM clock_timestamp() - '2026-01-01T00:00:00Z'::timestamptz)::integer
"""


def upgrade() -> None:
    op.execute(BEGIN)


def downgrade() -> None:
    op.execute("ALTER TABLE users ALTER COLUMN device_epoch SET DEFAULT 0")
