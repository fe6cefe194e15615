"""People with an account."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.ports import Database

PERSON = "SELECT id, phone, email FROM users WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    phone: str
    email: str


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user_id: UUID) -> Person | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(PERSON, user_id)
        return Person(row["id"], row["phone"], row["email"]) if row else None
