"""`latchkey messages`: what became of a contact's codes, in order, and no code is ever shown."""

import json
import re
import shlex
from uuid import UUID

import pytest
from click.testing import Result

from app.domain.delivery.database_limits import Pseudonyms
from app.domain.keys import keys_for
from app.domain.support.messages import sql as support_sql
from app.settings import DEVELOPMENT_KEY
from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.subjects import subject_of
from tests.test_house import ROOT

PAGE = ROOT / "docs/support.md"
PHONE, EMAIL = "+61491570006", "ada@example.org"
PERSON = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
NONCE = "00112233445566778899aabbccddeeff"
CODE = """
INSERT INTO phone_verifications
  (id, flow_id, purpose, nonce, phone, attempts, created_at, expires_at, last_attempt_at)
VALUES ($1, sha256('flow'), 'signup', decode($4, 'hex'), $2, $3, now() - interval '2 minutes',
        now() + interval '8 minutes', now())
"""
SEND = """
INSERT INTO deliveries
  (id, channel, template, destination, region, address, network, verification_id, nonce, purpose,
   state, tries, sender, provider_id, provider_code, steps, created_at, sent_at, expires_at)
VALUES ($1, 'sms', 'phone_code', $2, 'AU', '10.0.0.1/32', '10.0.0.0/24', $1, decode($6, 'hex'),
  'signup', $3, 2, 'twilio', $4, NULL, $5, '2026-11-30 08:00Z', '2026-11-30 08:00:05Z', now())
"""
REFUSED = """
INSERT INTO refused_sends (subject, refusal, limit_name, hour, purpose, network, at)
VALUES ($1, 'too_many_sends', 'texts_per_number', '2026-11-30 08:00Z', 'signup', '\\x00',
        '2026-11-30 08:04Z')
"""
STEPS = json.dumps(
    [
        {
            "at": "2026-11-30T08:00:02+00:00",
            "state": "queued",
            "sender": "twilio",
            "code": "503",
            "words": "busy",
        },
        {"at": "2026-11-30T10:00:09+02:00", "state": "delivered", "receipt": True},
    ]
)
ID = UUID("01940000-0000-7000-8000-000000000001")
STATE = "SELECT state, steps FROM deliveries"


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def send(url: str, to: str, state: str = "delivered", steps: str = STEPS, guesses: int = 0) -> None:
    ask(url, CODE, ID, to, guesses, NONCE)
    ask(url, SEND, ID, to, state, "SM1", steps, NONCE)


def find(url: str, *words: str) -> Result:
    return typed("messages", "find", *words, DATABASE_URL=url)


def test_all_that_became_of_a_code_is_told_in_order(url: str) -> None:
    ask(url, PERSON, PHONE, EMAIL)
    send(url, PHONE)
    ask(url, REFUSED, subject_of(PHONE))
    found = find(url, "+61 491 570 006")
    assert found.exit_code == 0
    assert found.output.splitlines()[-9:] == [
        f"2026-11-30 08:00:00 {ID}: text with a code for sign-up or sign-in (phone_code):"
        " delivered, 2 tries",
        "  2026-11-30 08:00:00 queued",
        "  2026-11-30 08:00:02 not taken, to be tried again: twilio, 503, busy",
        "  2026-11-30 08:00:05 taken by twilio as SM1",
        "  2026-11-30 08:00:09 receipt: delivered",
        "2026-11-30 08:04:00 not sent: a code for sign-up or sign-in, by the limit"
        " texts_per_number",
        "",
        "Likely cause: This contact, or where it was asked from, has had as many codes as it may"
        " for now.",
        "Next: It's free again within the hour or day. Meanwhile the person can sign in by another"
        " way they have set up.",
    ]
    assert re.search("^account: .*, since ", found.output, re.MULTILINE)
    assert "locked: codes no (0 wrong in a row), passwords no" in found.output


def test_as_json_it_has_no_nonce(url: str) -> None:
    send(url, PHONE)
    found = find(url, PHONE, "--json")
    report = json.loads(found.output)
    [message] = report["messages"]
    assert (report["account"], message["state"], message["provider_id"]) == (
        None,
        "delivered",
        "SM1",
    )
    assert [step["code"] for step in message["steps"]] == ["503", ""]
    assert report["likely_cause"].startswith("The network says that it was delivered")
    assert "nonce" not in found.output
    assert NONCE not in found.output


def test_what_was_sent_to_a_deleted_account_is_found(url: str) -> None:
    pseudonyms = Pseudonyms(keys_for("pseudonyms", (DEVELOPMENT_KEY,)))
    send(url, pseudonyms.make_pseudonym(PHONE))
    found = find(url, PHONE)
    assert "account: none; one that had it was deleted" in found.output
    assert "receipt: delivered" in found.output


def test_a_lock_is_told(url: str) -> None:
    ask(url, "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, 5)", subject_of(PHONE))
    send(url, PHONE, guesses=10)
    found = find(url, PHONE)
    assert re.search(r"locked: codes for another [0-9]+ s \(5 wrong in a row\)", found.output)
    assert "so it's locked.\nNext: If the person is who they say, run latchkey person unlock" in (
        found.output
    )


def test_that_someone_looked_is_on_record_without_the_contact(url: str) -> None:
    ask(url, PERSON, PHONE, EMAIL)
    find(url, EMAIL)
    [event] = ask(url, "SELECT user_id, details FROM audit_events WHERE event = 'messages:found'")
    assert event["user_id"] is not None
    assert json.loads(event["details"])["contact"] == subject_of(EMAIL).hex()


def test_what_nobody_asked_for_is_not_found(url: str) -> None:
    found = find(url, "nobody@example.org")
    assert found.exit_code == 1
    assert "Likely cause: Nothing was sent there" in found.output


@pytest.mark.parametrize("contact", ["ada", "ada@", "+614"])
def test_what_is_no_contact_is_wrong_use(url: str, contact: str) -> None:
    assert find(url, contact).exit_code == 2


def test_one_is_shown_in_full_but_its_code(url: str) -> None:
    send(url, PHONE)
    shown = typed("messages", "show", str(ID), DATABASE_URL=url)
    assert f"  to: {PHONE}\n  region: AU\n  asked for from: 10.0.0.0/24\n" in shown.output
    assert NONCE not in shown.output
    as_json = typed("messages", "show", str(ID), "--json", DATABASE_URL=url)
    assert json.loads(as_json.output)["destination"] == PHONE
    events = ask(url, "SELECT details FROM audit_events WHERE event = 'message:shown'")
    assert [json.loads(event["details"])["message"] for event in events] == [str(ID)] * 2


def cancel(url: str, *words: str) -> Result:
    return typed("messages", "cancel", str(ID), *words, DATABASE_URL=url)


def test_one_that_waits_is_taken_back(url: str) -> None:
    send(url, PHONE, "queued", "[]")
    cancelled = cancel(url, "--yes", "--json")
    assert json.loads(cancelled.output) == {"id": str(ID), "state": "cancelled"}
    [row] = ask(url, STATE)
    assert row["state"] == "cancelled"
    assert [step["state"] for step in json.loads(row["steps"])] == ["cancelled"]
    [event] = ask(url, "SELECT details FROM audit_events WHERE event = 'message:cancelled'")
    assert json.loads(event["details"])["message"] == str(ID)


def test_it_says_what_it_would_do_and_does_nothing_unless_told(url: str) -> None:
    send(url, PHONE, "queued", "[]")
    asked = cancel(url)
    assert asked.exit_code == 2
    words = " ".join(asked.output.split())
    assert "This takes back the text with a code for sign-up or sign-in (phone_code)" in words
    assert f"to {PHONE}. Add --yes if you mean it." in words
    assert [row["state"] for row in ask(url, STATE)] == ["queued"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("state = 'sent'", "It doesn't wait any more: sent."),
        ("address = ''", "It's a notice"),
    ],
)
def test_no_other_is_taken_back(url: str, change: str, why: str) -> None:
    send(url, PHONE, "queued", "[]")
    ask(url, f"UPDATE deliveries SET {change}")
    before = ask(url, STATE)
    assert ask(url, *support_sql.cancel_message(id=ID, by="")) == []
    refused = cancel(url, "--yes")
    assert refused.exit_code == 1
    assert why in refused.output
    assert ask(url, STATE) == before


@pytest.mark.parametrize("words", [("show",), ("cancel", "--yes")])
def test_one_that_is_not_there_is_not_found(url: str, words: tuple[str, ...]) -> None:
    missing = typed("messages", *words, str(ID), DATABASE_URL=url)
    assert (missing.exit_code, missing.output) == (1, "Error: There is no such message.\n")


def test_the_commands_of_the_page_for_support_run(url: str) -> None:
    ask(url, PERSON, PHONE, EMAIL)
    send(url, PHONE, "queued", "[]")
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    commands = "".join(blocks).splitlines()
    assert len(commands) == 10
    for command in commands:
        name, *words = shlex.split(command)
        run = typed(*words, DATABASE_URL=url)
        assert (name, run.exit_code) == ("latchkey", 0), (command, run.output)


def test_they_are_listed() -> None:
    assert "messages" in typed("--help").output
    assert {"find", "show", "cancel"} <= set(typed("messages", "--help").output.split())
