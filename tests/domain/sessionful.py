"""The sessions of one person, over a database of their own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.adapters.postgres import Postgres
from app.domain.credentials.device import Device
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limits import LimitTable, Origin
from app.domain.services import Audience
from app.domain.sessions.factors import PASSWORD
from app.domain.sessions.session import OpenedSession, Tokens
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.sessions.tokens import AccessTokens, read_keys
from tests.sessions.mint import claims_of
from tests.stores import Stores

ISSUER, KEYS = "https://login.example.org", (b"k" * 32,)
ORIGIN = Origin.of("192.0.2.1")
SOMEONE = """
INSERT INTO users (id, phone, email)
VALUES (gen_random_uuid(), '+61491570006', 'ada@example.org') RETURNING id
"""


class Sessionful:
    """`Sessions` over a database with one person in it."""

    def __init__(self, database: Postgres) -> None:
        self.database, self.tokens = database, AccessTokens(ISSUER)
        subjects, pseudonyms = Subjects(keys_for("subjects", ("",))), Pseudonyms(KEYS)
        self.sessions = Sessions(database, LimitTable(), self.tokens, KEYS, pseudonyms, subjects)

    async def open_session(self, audience: Audience) -> OpenedSession:
        device = Device(ORIGIN, "", audience)
        async with self.database.transaction() as connection:
            await connection.execute("DELETE FROM sessions")
            await connection.execute("DELETE FROM users")
            user_id = await connection.fetchval(SOMEONE)
            contacts = ("ada@example.org", "+61491570006")
            return await self.sessions.open_session(connection, user_id, contacts, PASSWORD, device)

    def audience_of(self, tokens: Tokens) -> str:
        return str(claims_of(tokens.access)["aud"])


@pytest.fixture(scope="module")
async def there(stores: Stores) -> AsyncIterator[Sessionful]:
    database = Postgres(await asyncio.to_thread(stores.new_database))
    await database.open()
    made = Sessionful(database)
    await read_keys(SigningKeys(keys_for("signing keys", ("a" * 32,)), database), made.tokens)
    yield made
    await database.close()
