"""`latchkey seed`: a demo person and prices, once, and never by accident."""

import asyncio

import pytest

from app.commands.seed import PASSWORD
from tests.commands.running import PRODUCTION, typed
from tests.faults.staged import ask
from tests.shop import publish_first_in, publish_in
from tests.stores import Stores


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def test_it_adds_one_person_once(url: str) -> None:
    told = [typed("seed", "--yes", DATABASE_URL=url) for _ in range(2)]
    assert [one.exit_code for one in told] == [0, 0]
    assert [one.output.partition(" (")[0] for one in told] == [
        "Demo people added: 1",
        "Demo people added: 0",
    ]
    assert people(url) == 1


@pytest.mark.parametrize("environment", ["production", "development", "test"])
def test_a_database_that_is_named_has_to_be_meant(url: str, environment: str) -> None:
    env = PRODUCTION | {"ENVIRONMENT": environment, "DATABASE_URL": url}
    refused = typed("seed", **env)
    assert refused.exit_code == 2
    assert "Add --yes" in refused.output
    assert people(url) == 0
    told = typed("seed", "--yes", **env).output
    assert people(url) == 1
    assert "Demo people added: 1 (demo@example.org, password: " in told
    assert (PASSWORD in told) == (environment != "production")
    assert "Price versions added: 1" in told
    again = typed("seed", "--yes", **env).output
    assert ("0 (demo@example.org, who was there)" in again) == (environment == "production")


def people(url: str) -> int:
    return ask(url, "SELECT count(*) FROM users")[0]["count"]


def test_it_brings_prices_once(url: str) -> None:
    told = [typed("seed", "--yes", DATABASE_URL=url).output.splitlines()[1] for _ in range(2)]
    assert told == ["Price versions added: 1", "Price versions added: 0"]
    shown = typed("pricing", "show", DATABASE_URL=url).output
    assert shown.startswith("# Version 1, in effect since 1 January 2026, 00:00:00 UTC.")


async def test_it_leaves_prices_alone(url: str) -> None:
    await publish_in(url)
    assert await publish_first_in(url) == 0


async def test_several_at_once_bring_prices_once(url: str) -> None:
    added = await asyncio.gather(*(publish_first_in(url) for _ in range(4)))
    assert sorted(added) == [0, 0, 0, 1]
