"""A person to try things with, for machines where nobody real has an account."""

from uuid_utils.compat import uuid7

from app.domain.identity.hashing import Passwords
from app.domain.ports import Database

# The number is from the range Sweden keeps for films and books.
PHONE, EMAIL, PASSWORD = "+46701740605", "demo@example.org", "a quiet door opens"

KNOWN = "SELECT 1 FROM users WHERE phone = $1 OR email = $2"
ADD = """
INSERT INTO users (id, phone, email, password_hash, password_changed_at)
VALUES ($1, $2, $3, $4, clock_timestamp()) ON CONFLICT DO NOTHING
"""


async def add_demo_person(database: Database, passwords: Passwords) -> int:
    """How many were added: 1, or 0 when it was there."""
    async with database.connection() as connection:
        if await connection.fetchval(KNOWN, PHONE, EMAIL):
            return 0
    hashed = await passwords.hash(PASSWORD)
    async with database.connection() as connection:
        return int((await connection.execute(ADD, uuid7(), PHONE, EMAIL, hashed)).split()[-1])
