"""Clean-up: what has expired is removed, and how much of it is told."""

from app.domain.ports import Database
from app.domain.verification.channel import EMAIL, PHONE, Channel
from app.domain.verification.statements import Statements

# Support asks about last week. Wrong guesses in a row count for as long as we know the contact by
# what was sent there; those that lock it, until it is proved.
VERIFICATIONS = """
created_at < clock_timestamp() - interval '7 days' AND NOT (
  {counted} AND (created_at > clock_timestamp() - interval '30 days' OR {column} IN ({locked}))
)
"""


def _of_verifications(channel: Channel) -> str:
    sql = Statements(channel)
    return VERIFICATIONS.format(column=channel.column, counted=sql.counted, locked=sql.locked)


# How long each is kept, and why so long.
EXPIRED = {
    PHONE.table: _of_verifications(PHONE),
    EMAIL.table: _of_verifications(EMAIL),
    # Carriers report and bill within the month.
    "deliveries": "created_at < clock_timestamp() - interval '30 days'",
    "sessions": "least(expires_at, idle_expires_at, coalesce(revoked_at, expires_at))"
    " < clock_timestamp() - interval '30 days'",
    # An address that was guessed at long ago starts anew.
    "password_budgets": "last_wrong_at < clock_timestamp() - interval '30 days'",
    # A sign-up lives no longer than three days; support asks about last week.
    "identity_proofs": "created_at < clock_timestamp() - interval '7 days'",
    # Their cookies lived for ten minutes.
    "spent_transactions": "spent_at < clock_timestamp() - interval '1 hour'",
    # Their links work for a week; support asks about last month.
    "contact_changes": "changed_at < clock_timestamp() - interval '30 days'",
    "audit_events": "at < clock_timestamp() - interval '400 days'",
}


async def clean_up(database: Database) -> dict[str, int]:
    """Rows removed, by table."""
    removed = {}
    for table, condition in EXPIRED.items():
        async with database.connection() as connection:
            answer = await connection.execute(f"DELETE FROM {table} WHERE {condition}")
        removed[table] = int(answer.split()[-1])
    return removed
