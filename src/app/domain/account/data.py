"""Everything that is held about a person, for them to take along. No secret is part of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.ports import Database

# What each part is called, and where it stands. $1 is the person.
PARTS = {
    "account": """
        SELECT id, phone, email, created_at, password_changed_at,
               password_hash IS NOT NULL AS has_password
        FROM users WHERE id = $1""",
    "identities": """
        SELECT issuer, subject, created_at FROM identities WHERE user_id = $1
        ORDER BY created_at""",
    "plan": """
        SELECT plan, interval, currency, amount_minor, chosen_at FROM plan_choices
        WHERE user_id = $1""",
    "identity_proofs": """
        SELECT issuer, subject, email, email_verified, created_at FROM identity_proofs
        WHERE user_id = $1 ORDER BY created_at""",
    "contact_changes": """
        SELECT kind, old_value, new_value, changed_at, undone_at FROM contact_changes
        WHERE user_id = $1 ORDER BY changed_at""",
    "sessions": """
        SELECT id, device, network, amr, created_at, last_used_at, expires_at, revoked_at,
               revoked_reason
        FROM sessions WHERE user_id = $1 ORDER BY created_at""",
    "phone_codes": """
        SELECT phone, purpose, created_at, expires_at, attempts, consumed_at
        FROM phone_verifications
        WHERE user_id = $1 OR phone = (SELECT phone FROM users WHERE id = $1)
        ORDER BY created_at""",
    "email_codes": """
        SELECT email, purpose, created_at, expires_at, attempts, consumed_at
        FROM email_verifications
        WHERE user_id = $1 OR email = (SELECT email FROM users WHERE id = $1)
        ORDER BY created_at""",
    "messages": """
        SELECT channel, template, destination, state, address, network, created_at
        FROM deliveries
        WHERE destination IN (SELECT unnest(ARRAY[phone, email]) FROM users WHERE id = $1)
        ORDER BY created_at""",
    "events": """
        SELECT at, event, network, details FROM audit_events WHERE user_id = $1 ORDER BY at""",
}


class PersonalData:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user_id: UUID) -> dict[str, list[dict[str, Any]]]:
        """One list of rows for each part, ready for JSON; times are ISO 8601 in UTC."""
        async with self._database.connection() as connection:
            return {
                name: [_plain(row) for row in await connection.fetch(query, user_id)]
                for name, query in PARTS.items()
            }


def _plain(row: Any) -> dict[str, Any]:
    pairs: Mapping[str, Any] = dict(row)
    return {name: _value(name, value) for name, value in pairs.items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if name == "details":
        return json.loads(value)
    return str(value) if isinstance(value, UUID) else value
