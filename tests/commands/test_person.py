"""`latchkey person`: found, shown, unlocked, signed out, exported and deleted, all on record."""

import getpass
import json
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import Result

from tests.commands.running import latchkey, typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.subjects import subject_of

ADA, PHONE, EMAIL = UUID("01940000-0000-7000-8000-000000000001"), "+61491570006", "ada@example.org"
PERSON = "INSERT INTO users (id, phone, email) VALUES ($1, $2, $3)"
FAILED = "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, 104)"
TRIED = """
INSERT INTO password_budgets (subject, device, wrong)
SELECT $1, device, 7 FROM unnest(ARRAY['', '10.0.0.1/32']) device
"""
SESSIONS = """
INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
SELECT gen_random_uuid(), $1, '{sms}', 'Firefox', '10.0.0.0/24', now() + interval '1 day',
       now() + interval '1 day' FROM generate_series(1, 2)
"""
CHANGED = """
INSERT INTO contact_changes (id, user_id, kind, old_value, new_value)
VALUES (gen_random_uuid(), $1, 'email', 'ada@example.com', 'ada@example.org')
"""
BY = """
SELECT event, details->>'by' AS by FROM audit_events WHERE user_id = $1 AND details ? 'by'
ORDER BY id
"""
ALIVE = "SELECT FROM sessions WHERE revoked_at IS NULL"
TOLD = "SELECT template FROM deliveries ORDER BY template"


@pytest.fixture
def url(stores: Stores) -> str:
    """Where someone is locked out."""
    fresh = stores.new_database()
    ask(fresh, PERSON, ADA, PHONE, EMAIL)
    ask(fresh, FAILED, subject_of(PHONE))
    ask(fresh, TRIED, subject_of(EMAIL))
    ask(fresh, SESSIONS, ADA)
    return fresh


def person(url: str, *words: str) -> Result:
    return typed("person", *words, DATABASE_URL=url)


def recorded(url: str) -> list[tuple[str, str]]:
    """What operators did, and who they were."""
    return [(row["event"], row["by"]) for row in ask(url, BY, ADA)]


@pytest.mark.parametrize("contact", [EMAIL, PHONE, "Ada@Example.org", "+61 491 570 006", str(ADA)])
def test_any_of_its_names_finds_the_account(url: str, contact: str) -> None:
    found = json.loads(person(url, "find", contact, "--json", "--operator", "Grace").output)
    assert (found["id"], found["phone"], found["email"]) == (str(ADA), PHONE, EMAIL)
    assert recorded(url) == [("person:found", "Grace")]


def test_state_and_timeline_are_shown(url: str) -> None:
    ask(url, CHANGED, ADA)
    ask(url, "UPDATE password_budgets SET wrong = 20")
    lines = person(url, "show", EMAIL).output
    for part in (
        f"number: {PHONE}",
        "password: none",
        "on Firefox from 10.0.0.0/24",
        "locked for strangers",
        "email from ada@example.com to ada@example.org",
    ):
        assert part in lines, part
    report = json.loads(person(url, "show", EMAIL, "--json").output)
    assert (len(report["sessions"]), report["account"]["email"]) == (2, EMAIL)
    assert report["events"][-1]["event"] == "person:shown"


def test_a_sign_out_ends_all_sessions(url: str) -> None:
    result = person(url, "sign-out", PHONE, "--yes", "--json")
    assert json.loads(result.output) == {"id": str(ADA), "sessions": 2}
    assert ask(url, ALIVE) == []
    assert recorded(url) == [("person:signed_out", getpass.getuser())]


def test_an_export_is_all_that_is_held(url: str) -> None:
    data = json.loads(person(url, "export", EMAIL).output)
    assert (data["account"][0]["phone"], len(data["sessions"])) == (PHONE, 2)
    assert [event for event, _ in recorded(url)] == ["person:exported"]


def test_a_deletion_is_that_of_the_owner(url: str) -> None:
    assert person(url, "delete", EMAIL, "--yes", "--operator", "Grace").exit_code == 0
    assert ask(url, "SELECT FROM users") == ask(url, "SELECT FROM sessions") == []
    told = ["account_deleted", "account_deleted_text"]
    assert [row["template"] for row in ask(url, TOLD)] == told
    kept = {row["contact"] for row in ask(url, "SELECT contact FROM deleted_contacts")}
    assert kept == {PHONE, EMAIL}
    assert recorded(url) == [("account:deleted", "Grace")]
    assert person(url, "find", EMAIL).exit_code == 1


def test_a_deletion_waits_as_the_owners_does(url: str) -> None:
    """Else whoever has changed the address would have support take away what the owner undoes."""
    ask(url, CHANGED, ADA)
    result = person(url, "delete", EMAIL, "--yes")
    assert (result.exit_code, "because your e-mail address was changed" in result.output) == (
        1,
        True,
    )
    assert len(ask(url, ALIVE)) == 2


@pytest.mark.parametrize("change", ["unlock", "sign-out", "delete"])
def test_a_change_asks_or_needs_yes(url: str, change: str) -> None:
    result = person(url, change, EMAIL)
    assert (result.exit_code, "Add --yes if you mean it." in result.output) == (2, True)
    assert (recorded(url), len(ask(url, ALIVE))) == ([], 2)


@pytest.mark.parametrize("word", ["find", "show", "sign-out", "export", "delete"])
def test_who_has_no_account_is_not_found(url: str, word: str) -> None:
    for nobody in ("nobody@example.org", str(UUID(int=7))):
        result = person(url, word, nobody)
        assert (result.exit_code, "Not found" in result.output) == (1, True)
    assert ask(url, "SELECT FROM audit_events") == []


@pytest.mark.parametrize("contact", [EMAIL, PHONE, "Ada@Example.org", str(ADA)])
def test_any_of_its_names_unlocks_the_account(url: str, contact: str) -> None:
    told = person(url, "unlock", contact, "--yes")
    assert told.output == "Unlocked: 104 wrong codes and 7 wrong passwords count no more.\n"
    assert told.exit_code == 0
    assert (
        ask(url, "SELECT FROM contact_failures") == ask(url, "SELECT FROM password_budgets") == []
    )
    assert recorded(url) == [("person:unlocked", getpass.getuser())]
    again = person(url, "unlock", contact, "--yes")
    assert (again.exit_code, again.output.split(":")[0]) == (0, "Nothing was locked")


def test_a_contact_without_an_account_is_unlocked_too(url: str) -> None:
    ask(url, FAILED, subject_of(other := "+61491570156"))
    told = person(url, "unlock", other, "--yes", "--json")
    assert json.loads(told.output) == {"account": False, "codes": 104, "passwords": 0}
    assert told.exit_code == 0


def test_what_nobody_knows_has_nothing_to_unlock(url: str) -> None:
    told = person(url, "unlock", "nobody@example.org", "--yes")
    assert (told.exit_code, told.output.split(":")[0]) == (1, "Not found")
    assert ask(url, "SELECT FROM audit_events") == []


@pytest.mark.parametrize("contact", ["ada", "0491 570 006 x", "ada@", "+614"])
def test_what_is_no_contact_is_wrong_use(url: str, contact: str) -> None:
    told = person(url, "unlock", contact, "--yes")
    assert told.exit_code == 2
    assert "CONTACT" in told.output


def test_it_is_listed(tmp_path: Path) -> None:
    assert "person" in latchkey(tmp_path, "--help").stdout
    assert "sign-out" in latchkey(tmp_path, "person", "--help").stdout
