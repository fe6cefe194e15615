"""`latchkey seed`: a demo person, once, and never in production by accident."""

import pytest

from tests.commands.running import PRODUCTION, typed
from tests.faults.staged import ask
from tests.stores import Stores


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def test_it_adds_one_person_once(url: str) -> None:
    told = [typed("seed", DATABASE_URL=url) for _ in range(2)]
    assert [one.exit_code for one in told] == [0, 0]
    assert [one.output.partition(" (")[0] for one in told] == [
        "Demo people added: 1",
        "Demo people added: 0",
    ]
    assert people(url) == 1


def test_production_has_to_be_meant(url: str) -> None:
    refused = typed("seed", **PRODUCTION, DATABASE_URL=url)
    assert refused.exit_code == 1
    assert "Add --yes" in refused.output
    assert people(url) == 0
    assert typed("seed", "--yes", **PRODUCTION, DATABASE_URL=url).exit_code == 0
    assert people(url) == 1


def people(url: str) -> int:
    return ask(url, "SELECT count(*) FROM users")[0]["count"]
