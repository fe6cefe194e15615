"""The profile of a person: what a service is told of them, by its scopes."""

from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic
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


# Seconds. A page makes many requests at once, and each asks. What has changed is told in the next.
REMEMBERED = 0.8
MOST = 10_000


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UUID, tuple[Profile, float]] = OrderedDict()

    async def find_profile(self, user_id: UUID, scopes: frozenset[str]) -> Profile:
        """Nothing is looked up for the id alone. Raises `Unauthenticated` for an account that was
        deleted a moment ago.
        """
        wanted = scopes - {"openid"}
        if not wanted:
            return Profile(user_id)
        whole = await self._find_whole(user_id)
        return Profile(user_id, **{name: getattr(whole, name) for name in wanted})

    async def _find_whole(self, user_id: UUID) -> Profile:
        known, until = self._known.get(user_id, (None, 0.0))
        asked_at = monotonic()
        if known and until > asked_at:
            return known
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*sql.find_profile(user_id=user_id))
        if row is None:
            raise Unauthenticated
        profile = Profile(user_id, row["phone"], row["email"], row["plan"])
        self._known[user_id] = profile, asked_at + REMEMBERED
        self._known.move_to_end(user_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return profile
