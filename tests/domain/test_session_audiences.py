"""Whom the tokens of a session are for: a browser or a client of the API, and never both."""

from dataclasses import replace

import pytest

from app.domain.errors import Unauthenticated
from app.domain.services import Audience
from app.domain.sessions.factors import METHODS, Factor
from app.domain.sessions.tokens import RefreshTokens
from tests.domain import sessionful
from tests.domain.sessionful import ISSUER, KEYS, ORIGIN, Sessionful

BOTH = pytest.mark.parametrize("audience", [*Audience])


there = sessionful.there


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
