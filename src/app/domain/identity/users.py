"""People with an account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.identity.phone import Phone
from app.domain.ports import Database

PERSON = "SELECT id, phone, email, password_changed_at FROM users WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    phone: str
    email: str
    password_changed_at: datetime | None

    @property
    def spoken_phone(self) -> str:
        """As people of all countries write it: +46 70 174 06 05."""
        return Phone.known(self.phone).spoken


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user_id: UUID) -> Person | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(PERSON, user_id)
        if row is None:
            return None
        return Person(**{name: row[name] for name in Person.__dataclass_fields__})
