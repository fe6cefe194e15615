"""`latchkey person unlock`: wrong codes and passwords count no more, and it is on record."""

import json
from pathlib import Path

import pytest

from tests.commands.running import latchkey, typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.subjects import subject_of

PHONE, EMAIL = "+61491570006", "ada@example.org"
PERSON = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
FAILED = "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, 104)"
TRIED = """
INSERT INTO password_budgets (subject, device, wrong)
SELECT $1, device, 7 FROM unnest(ARRAY['', '10.0.0.1/32']) device
"""


@pytest.fixture
def url(stores: Stores) -> str:
    """Where someone is locked out."""
    fresh = stores.new_database()
    ask(fresh, PERSON, PHONE, EMAIL)
    ask(fresh, FAILED, subject_of(PHONE))
    ask(fresh, TRIED, subject_of(EMAIL))
    return fresh


@pytest.mark.parametrize("contact", [EMAIL, PHONE, "Ada@Example.org", "+61 491 570 006"])
def test_either_contact_unlocks_the_account(url: str, contact: str) -> None:
    told = typed("person", "unlock", contact, DATABASE_URL=url)
    assert told.output == "Unlocked: 104 wrong codes and 7 wrong passwords count no more.\n"
    assert told.exit_code == 0
    assert (
        ask(url, "SELECT FROM contact_failures") == ask(url, "SELECT FROM password_budgets") == []
    )
    [event] = ask(url, "SELECT user_id, details FROM audit_events WHERE event = 'person:unlocked'")
    assert event["user_id"] is not None
    assert json.loads(event["details"])["by"] == "operator"
    again = typed("person", "unlock", contact, DATABASE_URL=url)
    assert (again.exit_code, again.output.split(":")[0]) == (0, "Nothing was locked")


def test_a_contact_without_an_account_is_unlocked_too(url: str) -> None:
    ask(url, FAILED, subject_of(other := "+61491570156"))
    told = typed("person", "unlock", other, "--json", DATABASE_URL=url)
    assert json.loads(told.output) == {"account": False, "codes": 104, "passwords": 0}
    assert told.exit_code == 0


def test_what_nobody_knows_is_not_found(url: str) -> None:
    told = typed("person", "unlock", "nobody@example.org", DATABASE_URL=url)
    assert (told.exit_code, told.output.split(":")[0]) == (1, "Not found")
    assert ask(url, "SELECT FROM audit_events") == []


@pytest.mark.parametrize("contact", ["ada", "0491 570 006 x", "ada@", "+614"])
def test_what_is_no_contact_is_wrong_use(url: str, contact: str) -> None:
    told = typed("person", "unlock", contact, DATABASE_URL=url)
    assert told.exit_code == 2
    assert "CONTACT" in told.output


def test_it_is_listed(tmp_path: Path) -> None:
    assert "person" in latchkey(tmp_path, "--help").stdout
    assert "unlock" in latchkey(tmp_path, "person", "--help").stdout
