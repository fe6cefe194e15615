"""The profile of a person: what a service is told of them, by its scopes."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.errors import Unauthenticated
from app.domain.ports import Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "profile.sql")


@dataclass(frozen=True, slots=True)
class Profile:
    """`phone` is in E.164, `email` in ASCII, `plan` a code; each None where the person has none, or
    the service is not told.
    """

    user_id: UUID
    phone: str | None = None
    email: str | None = None
    plan: str | None = None


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_profile(self, user_id: UUID, scopes: frozenset[str]) -> Profile:
        """Nothing is looked up for the id alone. Raises `Unauthenticated` for an account that was
        deleted a moment ago.
        """
        wanted = scopes - {"openid"}
        if not wanted:
            return Profile(user_id)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*sql.find_profile(user_id=user_id))
        if row is None:
            raise Unauthenticated
        return Profile(user_id, **{name: row[name] for name in wanted})
