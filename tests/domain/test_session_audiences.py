"""Whom the tokens of a session are for: a browser or a client of the API, and never both."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.adapters.postgres import Postgres
from app.domain.credentials.device import Device
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.errors import Unauthenticated
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limits import LimitTable, Origin
from app.domain.services import Audience
from app.domain.sessions.factors import METHODS, PASSWORD, Factor
from app.domain.sessions.session import OpenedSession, Tokens
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.sessions.tokens import AccessTokens, RefreshTokens, read_keys
from tests.sessions.mint import claims_of
from tests.stores import Stores

ISSUER, KEYS = "https://login.example.org", (b"k" * 32,)
ORIGIN = Origin.of("192.0.2.1")
BOTH = pytest.mark.parametrize("audience", [*Audience])
SOMEONE = """
INSERT INTO users (id, phone, email)
VALUES (gen_random_uuid(), '+61491570006', 'ada@example.org') RETURNING id
"""


class Sessionful:
    """`Sessions` over a database with one person in it."""

    def __init__(self, database: Postgres) -> None:
        self.database, self.tokens = database, AccessTokens(ISSUER)
        subjects, pseudonyms = Subjects(("",)), Pseudonyms(KEYS)
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


def other(audience: Audience) -> Audience:
    return next(each for each in Audience if each is not audience)


@BOTH
async def test_a_session_keeps_the_audience_it_was_opened_for(
    there: Sessionful, audience: Audience
) -> None:
    opened = await there.open_session(audience)
    assert there.audience_of(opened.tokens) == f"{ISSUER}/{audience}"
    access, refreshed = await there.sessions.refresh_tokens(opened.tokens.refresh, audience, ORIGIN)
    assert access.audience is audience
    async with there.database.transaction() as connection:
        renewed = await there.sessions.renew_session(connection, access, Factor.PHONE)
        again = await there.sessions.reissue_tokens(connection, access)
    assert again
    given = (refreshed, renewed, again)
    assert {there.audience_of(tokens) for tokens in given} == {f"{ISSUER}/{audience}"}
    assert METHODS[Factor.PHONE][-1] in there.tokens.read_token(again.access, audience).amr


@BOTH
async def test_a_refresh_token_is_none_of_the_other_audience_and_ends_nothing_there(
    there: Sessionful, audience: Audience
) -> None:
    opened = await there.open_session(audience)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await there.sessions.refresh_tokens(opened.tokens.refresh, other(audience), ORIGIN)
    await there.sessions.refresh_tokens(opened.tokens.refresh, audience, ORIGIN)


@BOTH
async def test_an_access_token_is_none_of_the_other_audience_also_once_it_was_read(
    there: Sessionful, audience: Audience
) -> None:
    token = (await there.open_session(audience)).tokens.access
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            there.tokens.read_token(token, other(audience))
        assert there.tokens.read_token(token, audience).audience is audience


async def test_the_log_out_of_a_browser_ends_no_session_of_the_api(there: Sessionful) -> None:
    opened = await there.open_session(Audience.API)
    await there.sessions.end_presented(opened.tokens.refresh, "logout", ORIGIN)
    await there.sessions.check_session(there.tokens.read_token(opened.tokens.access, Audience.API))


async def test_changes_take_both_tokens_of_one_audience(there: Sessionful) -> None:
    opened = await there.open_session(Audience.API)
    access = there.tokens.read_token(opened.tokens.access, Audience.API)
    await there.sessions.check_both_tokens(access, opened.tokens.refresh, ORIGIN)
    browser = RefreshTokens(KEYS).issue_token(replace(access, audience=Audience.BROWSER))
    with pytest.raises(Unauthenticated):
        await there.sessions.check_both_tokens(access, browser, ORIGIN)
