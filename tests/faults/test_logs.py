"""What a whole run leaves in the log and in traces: nothing in either is anybody's secret."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from typing import Any

import pytest

from app.settings import DEVELOPMENT_KEY
from tests.faults.conftest import between_vendors
from tests.faults.staged import Staged
from tests.person import Person, new_email, new_phone
from tests.standins import behaviour as acts
from tests.standins import sendgrid as mail
from tests.standins.collector import CollectorStandIn
from tests.standins.twilio import refuse
from tests.stores import Stores

PASSWORD = "a password of these tests only"
WRONG = "314159"


@dataclass
class Run:
    """A sign-up with everything that can go wrong in one, and the secrets that were used in it."""

    lines: list[str]
    exported: str  # whatever a collector of traces was given
    people: dict[str, str]  # phones and addresses
    codes: set[str]
    secrets: set[str]
    request_ids: set[str]

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture(scope="module")
def traced(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory, collector: CollectorStandIn
) -> Iterator[Staged]:
    folder = tmp_path_factory.mktemp("logged")
    with between_vendors(folder, stores, **collector.environment) as product:
        yield product.start()


@pytest.fixture(scope="module")
def run(traced: Staged, collector: CollectorStandIn) -> Run:
    staged, refused, bounced = traced, new_phone(), new_email()
    staged.twilio.script.for_destination(refused, refuse(21610))
    staged.sendgrid.script.for_destination(bounced, acts.http_500(), mail.bad_address())
    signed_up, used = a_rocky_sign_up(staged, refused, bounced)
    crash(staged)
    signed_up.get("/signup/done")
    # The way last used is in a cookie too, and is no secret.
    kept = {name: value for name, value in signed_up.http.cookies.items() if name != "seen"}
    cookies = {value.split(".")[-1] for value in kept.values()}
    keys = {DEVELOPMENT_KEY, staged.twilio.auth_token, staged.sendgrid.api_key, PASSWORD}
    used.secrets |= cookies | keys | {signed_up.token()}
    assert staged.stop() == 0
    used.lines = staged.log.read_text().splitlines()
    used.exported = collector.text
    return used


def a_rocky_sign_up(staged: Staged, refused: str, bounced: str) -> tuple[Person, Run]:
    phone, email, person = new_phone(), new_email(), Person(staged)
    secrets: set[str] = set()
    for number in (refused, phone):
        person.give_phone(number)
    person.submit("/signup/phone-code", code=WRONG)
    secrets |= set(person.http.cookies.values()) | {person.token()}
    person.give_phone_code(phone)
    person.give_email(bounced)
    staged.wait_for_state(bounced, "refused")
    person.give_email(email)
    person.submit("/signup/email-code", code=WRONG + "42")
    codes = {staged.code_for(phone), staged.code_for(email), WRONG}
    person.give_email_code(email)
    person.give_password("short")
    person.give_password(PASSWORD)
    ids = {person.get(path).response.headers["x-request-id"] for path in ("/signup/done", "/none")}
    people = {"phone": phone, "refused": refused, "email": email, "bounced": bounced}
    return person, Run([], "", people, codes, secrets, ids)


def crash(staged: Staged) -> None:
    """A bug, met by a person and by the dispatcher."""
    person = Person(staged)
    person.get("/signup/phone")
    staged.sql("ALTER TABLE deliveries RENAME TO elsewhere")
    assert person.post("/signup/phone", phone=new_phone()).status == 500
    sleep(1.2)  # longer than a look at the outbox takes
    staged.sql("ALTER TABLE elsewhere RENAME TO deliveries")


def test_each_line_is_json_and_says_when_and_what(run: Run) -> None:
    for fact in run.facts:
        assert datetime.fromisoformat(fact["at"]).utcoffset() == timedelta(0)
        assert fact["level"] in ("info", "warning", "error")
        assert fact["event"]


def test_uvicorn_says_what_it_says_once(run: Run) -> None:
    started = [fact for fact in run.facts if fact["logger"] == "uvicorn.error"]
    assert any("Uvicorn running on" in fact["event"] for fact in started)
    assert not [fact for fact in started if "color_message" in fact]


def test_each_request_has_a_line_with_its_id(run: Run) -> None:
    requests = [fact for fact in run.facts if fact["logger"] == "app.access"]
    ids = [fact["request_id"] for fact in requests]
    assert run.request_ids <= set(ids)
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)
    assert len(ids) == len(set(ids)) > 20


def test_crashes_and_outcomes_are_told(run: Run) -> None:
    events = {fact["event"] for fact in run.facts}
    assert {"crash", "crash of the dispatcher", "message handed over"} <= events
    [crash, *_] = [fact for fact in run.facts if fact["event"] == "crash"]
    assert crash["exception"] == "UndefinedTableError"
    assert crash["request_id"]
    assert any("sending.py" in frame for frame in crash["where"])
    assert {"21610", "500", "400"} <= {fact.get("provider_code") for fact in run.facts}


def test_lines_of_a_message_name_who_asked_and_what_the_vendor_calls_it(run: Run) -> None:
    asked = {fact["request_id"] for fact in run.facts if fact["event"] == "request"}
    lines = [fact for fact in run.facts if fact["event"] == "message handed over"]
    codes = [fact for fact in lines if fact["template"].endswith("_code")]
    # Of two numbers and two addresses; what tests before this one queued was asked for elsewhere.
    assert len({fact["request_id"] for fact in codes} & asked) >= 4
    taken = {fact["provider_id"] for fact in codes if fact["outcome"] == "sent"}
    assert len(taken) > 1
    assert None not in taken


def test_a_line_of_a_request_says_why_it_was_refused_and_from_where(run: Run) -> None:
    requests = [fact for fact in run.facts if fact["logger"] == "app.access"]
    assert {"", "wrong_code", "weak_password"} <= {fact["refusal"] for fact in requests}
    assert {fact["network"].rpartition("/")[2] for fact in requests} <= {"24", "48"}


@pytest.fixture(params=["log", "traces"])
def text(request: pytest.FixtureRequest, run: Run) -> str:
    return run.exported if request.param == "traces" else "\n".join(run.lines)


def test_traces_tell_of_all_that_was_done(run: Run) -> None:
    for name in (
        "POST /signup/password",
        "phone.start_code",
        "EVALSHA redis_count.lua",
        "send email",
    ):
        assert name in run.exported


def test_no_secret_is_in_it(run: Run, text: str) -> None:
    assert [secret for secret in run.secrets if len(secret) > 3 and secret in text] == []


def test_no_code_is_in_it(run: Run, text: str) -> None:
    assert len(run.codes) == 3
    found = [code for code in run.codes if re.search(rf"(?<![0-9a-f-]){code}(?![0-9a-f-])", text)]
    assert found == []


def test_no_number_or_address_is_in_it(run: Run, text: str) -> None:
    parts = {contact.removeprefix("+61").partition("@")[0] for contact in run.people.values()}
    assert [part for part in parts if part in text] == []
    assert not re.search(r"[^\s\"]+@[a-z0-9-]+\.[a-z]", text)
    assert not re.search(r"\+[0-9]{8,15}\b", text)
