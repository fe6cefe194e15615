"""Clean-up: what has expired is removed, and how much of it is told."""

from app.domain.ports import Database

# How long each is kept, and why so long.
EXPIRED = {
    # Their wrong guesses count for a day; support asks about last week.
    "phone_verifications": "created_at < clock_timestamp() - interval '7 days'",
    "email_verifications": "created_at < clock_timestamp() - interval '7 days'",
    # Carriers report and bill within the month.
    "deliveries": "created_at < clock_timestamp() - interval '30 days'",
    "sessions": "least(expires_at, idle_expires_at, coalesce(revoked_at, expires_at))"
    " < clock_timestamp() - interval '30 days'",
    # An address that was guessed at long ago starts anew.
    "password_budgets": "last_wrong_at < clock_timestamp() - interval '30 days'",
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
