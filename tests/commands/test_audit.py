"""`latchkey audit`: what is on record, by person, name and time, and who has looked."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from tests.commands.running import latchkey, typed
from tests.faults.staged import ask
from tests.stores import Stores

ADA, EMAIL = UUID("01940000-0000-7000-8000-000000000001"), "ada@example.org"
PERSON = "INSERT INTO users (id, phone, email) VALUES ($1, '+61491570006', $2)"
EVENT = """
INSERT INTO audit_events (event, user_id, network, at, details)
VALUES ($1, $2, '10.0.0.0/24', $3::text::timestamptz, '{"reason": "signed out"}')
"""
READ = "SELECT user_id, details FROM audit_events WHERE event = 'audit:read'"
FIRST = "2026-11-30 08:00:00 session:opened"


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    fresh = stores.new_database()
    ask(fresh, PERSON, ADA, EMAIL)
    for event, who, at in (
        ("session:opened", ADA, "2026-11-30T08:00Z"),
        ("session:ended", ADA, "2026-11-30T09:00Z"),
        ("session:opened", None, "2026-11-30T10:00Z"),
    ):
        ask(fresh, EVENT, event, who, at)
    return fresh


@pytest.mark.parametrize("person", [EMAIL, "+61 491 570 006", str(ADA)])
def test_a_persons_events_are_printed_in_order(url: str, person: str) -> None:
    told = typed("audit", "--person", person, "--event", "session:opened", DATABASE_URL=url)
    assert told.stdout == f'{FIRST} person={ADA} from=10.0.0.0/24 reason="signed out"\n'


def test_json_is_an_object_a_line(url: str) -> None:
    told = typed("audit", "--json", "--since", "2026-11-30", "--person", EMAIL, DATABASE_URL=url)
    first, second = map(json.loads, told.stdout.splitlines()[:2])
    assert (first["event"], second["event"]) == ("session:opened", "session:ended")
    assert second | {"id": 0} == {
        "id": 0, "at": "2026-11-30T09:00:00+00:00", "event": "session:ended", "user_id": str(ADA),
        "network": "10.0.0.0/24", "request_id": "", "details": {"reason": "signed out"},
    }  # fmt: skip


def test_the_newest_are_kept_and_more_is_told(url: str) -> None:
    given = ("audit", "--event", "session:opened", "--most")
    told = typed(*given, "1", DATABASE_URL=url)
    assert told.stdout.startswith("2026-11-30 10:00:00 session:opened from=")
    assert "There are more than 1" in told.stderr
    assert typed(*given, "2", DATABASE_URL=url).stderr == ""


def test_who_has_looked_is_on_record_too(url: str) -> None:
    typed("audit", "--person", EMAIL, "--operator", "Grace H.", DATABASE_URL=url)
    *_, read = ask(url, READ)
    assert (read["user_id"], json.loads(read["details"])) == (ADA, {"by": "Grace H."})


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--event", "session:lost"), 2), (("--since", "soon"), 2), (("--person", "ada"), 2),
     (("--operator", " "), 2), (("--person", "bo@example.org"), 1),
     (("--since", "2999-01-01"), 1)],
)  # fmt: skip
def test_what_is_not_there_or_no_use(url: str, words: tuple[str, ...], code: int) -> None:
    assert typed("audit", *words, DATABASE_URL=url).exit_code == code


def test_it_is_listed(tmp_path: Path) -> None:
    assert "audit" in latchkey(tmp_path, "--help").stdout
