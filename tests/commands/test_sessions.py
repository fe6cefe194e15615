"""`latchkey sessions end`: those of everybody, of a time, or of one person, a batch at a time."""

import asyncio
import json
from datetime import datetime
from uuid import UUID

import pytest
from click.testing import Result

from app.adapters.postgres import Postgres
from app.domain.operations.session_ends import EndedSessions, end_sessions
from tests.commands.running import typed
from tests.faults.staged import ask, until
from tests.owner import Owner
from tests.product import Product
from tests.stores import Stores

ADA, BO = UUID(int=1), UUID(int=2)
PERSON = "INSERT INTO users (id, email) VALUES ($1, $2)"
SESSIONS = """
INSERT INTO sessions (id, user_id, amr, device, network, created_at, idle_expires_at, expires_at)
SELECT gen_random_uuid(), $1, '{sms}', '', '', now() - make_interval(hours => n),
       now() + interval '1 day', now() + interval '1 day' FROM generate_series(1, 5) n
"""
ALIVE = "SELECT user_id FROM sessions WHERE revoked_at IS NULL"
ENDED = "SELECT details FROM audit_events WHERE event = 'sessions:ended'"


@pytest.fixture
def url(stores: Stores) -> str:
    """Two people with five sessions each, one an hour."""
    fresh = stores.new_database()
    for who, email in ((ADA, "ada@example.org"), (BO, "bo@example.org")):
        ask(fresh, PERSON, who, email)
        ask(fresh, SESSIONS, who)
    return fresh


async def end_by_batches(url: str, before: datetime, batch: int) -> EndedSessions:
    database = Postgres(url)
    await database.open()
    try:
        return await end_sessions(database, before, batch)
    finally:
        await database.close()


def end(url: str, *words: str) -> Result:
    return typed("sessions", "end", *words, DATABASE_URL=url)


def test_all_are_ended_and_it_is_on_record(url: str) -> None:
    result = json.loads(end(url, "--all", "--yes", "--json", "--operator", "Grace").output)
    assert (result["sessions"], ask(url, ALIVE)) == (10, [])
    [event] = ask(url, ENDED)
    assert json.loads(event["details"]) == {
        "by": "Grace", "count": 10, "before": result["before"],
    }  # fmt: skip


def test_those_of_one_person_are_ended(url: str) -> None:
    result = end(url, "--person", "Ada@example.org", "--yes")
    assert result.output == "Sessions ended: 5.\n"
    assert {row["user_id"] for row in ask(url, ALIVE)} == {BO}


@pytest.mark.parametrize("batch", [1, 3, 10, 1000])
def test_those_before_a_time_are_ended_by_batches(url: str, batch: int) -> None:
    [row] = ask(url, "SELECT now() - interval '150 minutes' AS at")
    ended = asyncio.run(end_by_batches(url, row["at"], batch))
    assert (ended.count, len(ask(url, ALIVE))) == (6, 4)


@pytest.mark.parametrize(
    ("words", "code"),
    [((), 2), (("--all", "--before", "2026-01-01"), 2), (("--before", "soon"), 2),
     (("--before", "2999-01-01"), 2), (("--all",), 2), (("--person", "cy@example.org"), 1)],
)  # fmt: skip
def test_what_is_not_clear_ends_none(url: str, words: tuple[str, ...], code: int) -> None:
    given = words if words == ("--all",) else (*words, "--yes")
    assert end(url, *given).exit_code == code
    assert len(ask(url, ALIVE)) == 10


def test_who_was_signed_in_has_to_sign_in_again(product: Product) -> None:
    """Within a second, by whichever token."""
    owner = Owner(product)
    assert owner.get("/account").status == 200
    end(product.env["DATABASE_URL"], "--person", owner.email, "--yes")
    until(lambda: owner.get("/account").location.startswith("/login"), 3)
