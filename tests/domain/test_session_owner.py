"""Whose session it is: found by the statement that checks the session."""

import asyncio

import pytest

from app.domain.errors import Unauthenticated
from app.domain.services import Audience
from app.domain.sessions.tokens import Access
from tests.domain import sessionful
from tests.domain.sessionful import ORIGIN, Sessionful

there = sessionful.there
API = Audience.API
SEEN = "SELECT seen_generation FROM sessions"
ENDS = {
    "revoked": "UPDATE sessions SET revoked_at = now()",
    "not used for long": "UPDATE sessions SET idle_expires_at = now()",
    "over": "UPDATE sessions SET expires_at = now()",
    "forgotten": "DELETE FROM sessions",
    "with its account": "DELETE FROM users",
}


async def open_access(there: Sessionful) -> Access:
    opened = await there.open_session(API)
    return there.tokens.read_token(opened.tokens.access, API)


async def test_the_owner_is_found_in_one_statement(there: Sessionful) -> None:
    access, asked = await open_access(there), list[str]()
    async with there.database.connection() as connection:
        # The pool lends the one that was used last.
        connection.add_query_logger(lambda logged: asked.append(logged.query))  # type: ignore[attr-defined]
    person = await there.sessions.find_person(access)
    await there.sessions.check_session(access)  # remembered for a moment
    await asyncio.sleep(0)
    assert (person.id, person.email) == (access.user_id, "ada@example.org")
    assert len(asked) == 1


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_of_an_ended_session_nobody_is_found(there: Sessionful, end: str) -> None:
    access = await open_access(there)
    async with there.database.connection() as connection:
        await connection.execute(end)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await there.sessions.find_person(access)


async def test_also_while_the_session_is_remembered_a_deleted_owner_is_not(
    there: Sessionful,
) -> None:
    access = await open_access(there)
    await there.sessions.check_session(access)
    async with there.database.connection() as connection:
        await connection.execute(ENDS["with its account"])
    with pytest.raises(Unauthenticated):
        await there.sessions.find_person(access)


async def test_a_refreshed_token_is_seen_in_use(there: Sessionful) -> None:
    """So that the refresh token before it is good no longer than it has to be."""
    opened = await there.open_session(API)
    access, _ = await there.sessions.refresh_tokens(opened.tokens.refresh, API, ORIGIN)
    await there.sessions.find_person(access)
    async with there.database.connection() as connection:
        assert await connection.fetchval(SEEN) == access.generation == 1
