"""One person at the console: found, shown with all that happened, unlocked, signed out."""

import json
from uuid import UUID, uuid4

import pytest

from tests.commands.test_messages import CODE, NONCE, SEND, STEPS
from tests.console.operator import Operator
from tests.person import new_email, new_phone
from tests.stores import execute
from tests.subjects import subject_of

PERSON = "INSERT INTO users (id, phone, email) VALUES ($1, $2, $3)"
FAILED = "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, 104)"
SESSION = """
INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
VALUES (gen_random_uuid(), $1, '{sms}', 'Firefox on Linux', '10.0.0.0/24', now() + interval '1 day',
        now() + interval '1 day')
"""
REFUSED = """
INSERT INTO refused_sends (subject, refusal, limit_name, hour, purpose, network)
VALUES ($1, 'too_many_sends', 'texts_per_number', date_trunc('hour', now()), 'signup', '\\x00')
"""
EVENT = "INSERT INTO audit_events (event, user_id, network) VALUES ($1, $2, '10.9.8.0/24')"
SHOWN = """
SELECT count(*) AS times FROM audit_events
WHERE event = 'message:shown' AND details ->> 'message' = $1
"""
TRAIL = "SELECT details FROM audit_events WHERE event = $1 AND user_id = $2"


OF_OWN_FLOW = CODE.replace("sha256('flow')", "sha256(gen_random_uuid()::text::bytea)")


class Someone:
    def __init__(self, url: str) -> None:
        self.url, self.id, self.message = url, uuid4(), uuid4()
        self.phone, self.email = new_phone(), new_email()

    async def make(self) -> None:
        """With an account, a session, a text, a limit that said no, and a lock."""
        await execute(self.url, PERSON, self.id, self.phone, self.email)
        await execute(self.url, SESSION, self.id)
        await self.send("delivered", STEPS)
        await execute(self.url, REFUSED, subject_of(self.phone))
        await execute(self.url, FAILED, subject_of(self.phone))
        await execute(self.url, EVENT, "signup:completed", self.id)

    async def send(self, state: str, steps: str = "[]") -> UUID:
        self.message = uuid4()
        await execute(self.url, OF_OWN_FLOW, self.message, self.phone, 0, NONCE)
        await execute(self.url, SEND, self.message, self.phone, state, "SM1", steps, NONCE)
        return self.message

    async def recorded(self, event: str) -> list[dict[str, object]]:
        rows = await execute(self.url, TRAIL, event, self.id)
        return [json.loads(row["details"]) for row in rows]


@pytest.fixture
async def someone(url: str) -> Someone:
    one = Someone(url)
    await one.make()
    return one


async def test_a_timeline_has_all_that_happened(operator: Operator, someone: Someone) -> None:
    by_phone = await operator.get(f"/console/people?contact=%2B{someone.phone[1:]}")
    assert by_phone.status == 200
    for words in (
        someone.email,
        "Firefox on Linux",
        "receipt: delivered",
        "taken by twilio as SM1",
        "Not sent: a code for sign-up or sign-in, by the limit texts_per_number",
        "signup:completed",
        "from 10.9.8.0/24",
        "104 wrong in a row",
        "If a code didn’t come",
    ):
        assert words in by_phone.html, words
    assert NONCE not in by_phone.html
    by_email = await operator.get(f"/console/people?contact={someone.email.upper()}")
    by_id = await operator.get(f"/console/people?contact={someone.id}")
    assert "taken by twilio as SM1" in by_email.html
    assert "taken by twilio as SM1" in by_id.html
    assert {"by": "Ada"} in await someone.recorded("person:shown")


async def test_a_number_without_an_account_has_a_page_too(operator: Operator, url: str) -> None:
    nobody = Someone(url)
    await nobody.send("refused")
    seen = await operator.get(f"/console/people?contact=%2B{nobody.phone[1:]}")
    assert "<dt>Account</dt><dd>None</dd>" in seen.html
    assert "Sign out everywhere" not in seen.html
    unknown = await operator.get(f"/console/people?contact={uuid4()}")
    assert (unknown.status, "No account has this id." in unknown.html) == (200, True)


@pytest.mark.parametrize("contact", ["", "ada", "ada@", "%2B614", "%2B1900"])
async def test_what_is_no_contact_is_said_beside_the_field(
    operator: Operator, contact: str
) -> None:
    seen = await operator.get(f"/console/people?contact={contact}")
    assert seen.status == 422
    assert seen.alert.startswith("Error:")
    assert 'id="contact-error"' in seen.html


async def test_unlocking_asks_first_and_is_on_record_by_name(
    operator: Operator, someone: Someone
) -> None:
    path = f"/console/people/unlock?contact=%2B{someone.phone[1:]}"
    asked = await operator.get(path)
    assert asked.heading == f"Unlock {someone.phone}?"
    assert await someone.recorded("person:unlocked") == []
    done = await operator.confirm(path)
    assert "Unlocked: 104 wrong codes and 0 wrong passwords count no more." in done.html
    assert "0 wrong in a row" in done.html
    [recorded] = await someone.recorded("person:unlocked")
    assert (recorded["by"], recorded["codes"]) == ("Ada", 104)
    again = await operator.confirm(path)
    assert "Nothing was locked" in again.html


async def test_signing_out_ends_all_sessions(operator: Operator, someone: Someone) -> None:
    done = await operator.confirm(f"/console/people/sign-out?contact={someone.email}")
    assert await someone.recorded("person:found") == [{"by": "Ada"}]
    assert "Signed out. Sessions that ended: 1." in done.html
    assert "Not signed in anywhere." in done.html
    [row] = await execute(
        someone.url, "SELECT revoked_at FROM sessions WHERE user_id = $1", someone.id
    )
    assert row["revoked_at"] is not None
    [recorded] = await someone.recorded("person:signed_out")
    assert recorded["by"] == "Ada"
    nobody = await operator.get("/console/people/sign-out?contact=nobody@example.org")
    assert nobody.status == 404


async def test_a_code_that_waits_is_taken_back(operator: Operator, someone: Someone) -> None:
    page = f"/console/messages/{await someone.send('queued')}"
    assert "Take it back" in (await operator.get(page)).html
    done = await operator.confirm(f"{page}/cancellation")
    [shown] = await execute(someone.url, SHOWN, str(someone.message))
    assert shown["times"] == 3, "the page, the question and the page again"
    assert "Taken back." in done.html
    assert "taken back by an operator" in done.html
    [recorded] = await someone.recorded("message:cancelled")
    assert recorded["by"] == "Ada"
    late = await operator.get(f"{page}/cancellation")
    assert (late.status, late.location) == (303, page)
    assert "can’t be taken back" in (await operator.get(page)).html
