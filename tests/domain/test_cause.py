"""The likely cause of a code that did not help, by the newest message and what else is known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.delivery.outbox import State
from app.domain.ports import Reason
from app.domain.support import messages
from app.domain.support.cause import REASONS, find_cause
from app.domain.support.contact import ContactReport, Locks, RefusedSend
from app.domain.support.messages import FoundMessage, Step

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=20)
MESSAGE = FoundMessage(
    id=UUID(int=1), channel="sms", template="phone_code", destination="+61491570006", region="AU",
    network="10.0.0.0/24", purpose="signup", language="en", is_notice=False,
    is_withheld=False, state="sent",
    tries=1, uncertain=0, reason="", sender="twilio", provider_id="SM1", provider_code="", steps=(),
    created_at=LONG_AGO, sent_at=LONG_AGO, updated_at=LONG_AGO, next_try_at=NOW, expires_at=NOW,
    guesses=0, proved_at=None, ended_at=None,
)  # fmt: skip
REPORT = ContactReport("+61491570006", None, (MESSAGE,), (), (), Locks(0, 0, 0), NOW)
BUSY = (Step(LONG_AGO, "queued", "503", words="overloaded"),)


@pytest.mark.parametrize(
    ("changes", "likely"),
    [
        ({"proved_at": NOW, "guesses": 1}, "It arrived, and its code was entered right."),
        ({"guesses": 2}, "It arrived, and 2 wrong codes were entered."),
        ({"state": "delivered"}, "The network says that it was delivered"),
        ({"sent_at": NOW}, "The vendor has just taken it."),
        ({}, "The vendor took it, and hasn't said since that it arrived."),
        ({"state": "queued", "tries": 0}, "It waits to be sent, and nothing sends it."),
        ({"state": "queued", "tries": 0, "created_at": NOW}, "It's on its way."),
        ({"state": "sending", "created_at": NOW}, "It's on its way."),
        ({"state": "queued", "provider_code": "503", "steps": BUSY},
         "The vendor hasn't taken it yet: 503, overloaded."),
        ({"state": "failed", "provider_code": "503", "steps": BUSY},
         "No vendor took it in time: 503, overloaded."),
        ({"state": "failed"}, "No vendor took it in time: it gave no reason."),
        ({"state": "expired"}, "It waited for longer than its code lives, so it wasn't sent."),
        ({"state": "expired", "is_withheld": True}, "No account has this number"),
        ({"state": "cancelled"}, "An operator took it back."),
        ({"state": "refused", "reason": "opted_out"}, "The person has replied STOP"),
    ],
)  # fmt: skip
def test_the_newest_code_tells(changes: dict[str, Any], likely: str) -> None:
    found = find_cause(replace(REPORT, messages=(MESSAGE, replace(MESSAGE, **changes))))
    assert found.likely.startswith(likely)
    assert found.next


def test_too_many_wrong_codes_are_a_lock() -> None:
    guessed, locks = replace(MESSAGE, guesses=5), Locks(10, 600, 0)
    found = find_cause(replace(REPORT, messages=(guessed,), locks=locks))
    assert "so it's locked" in found.likely
    assert "latchkey person unlock" in found.next


@pytest.mark.parametrize(
    ("refusal", "minutes", "likely"),
    [
        ("too_many_sends", 1, "This contact, or where it was asked from"),
        ("texts_stopped", 1, "The texts that may go to that country"),
        ("mails_stopped", 1, "The mails of the day"),
        ("new_one", 1, "A limit refused it: texts_per_number."),
        ("too_many_sends", -1, "The vendor took it"),
        ("passed_over", 1, "The vendor took it"),
        ("withheld", 1, "No account has this number"),
        ("too_soon", 1, "The vendor took it"),
        ("too_soon", 15, "They asked again before the wait was over"),
    ],
)
def test_a_limit_tells_where_it_came_after_the_newest_code(
    refusal: str, minutes: int, likely: str
) -> None:
    at = LONG_AGO + timedelta(minutes=minutes)
    refused = RefusedSend(at, refusal, "texts_per_number", "signup")
    assert find_cause(replace(REPORT, refused=(refused,))).likely.startswith(likely)


def test_notices_are_no_codes() -> None:
    notice = replace(MESSAGE, is_notice=True)
    assert find_cause(replace(REPORT, messages=(notice,))).likely.startswith("Nothing was sent")


def test_each_reason_has_its_words() -> None:
    assert set(REASONS) == set(messages.REASONS) == {*Reason}


@pytest.mark.parametrize("state", State)
def test_each_state_has_a_cause(state: State) -> None:
    found = find_cause(replace(REPORT, messages=(replace(MESSAGE, state=state),)))
    assert found.likely.endswith(".")


def test_stop_counts_until_a_text_arrives() -> None:
    stopped = replace(MESSAGE, state="refused", reason="opted_out")
    assert replace(REPORT, messages=(stopped, MESSAGE)).opted_out_at == LONG_AGO
    arrived = replace(MESSAGE, state="delivered")
    assert replace(REPORT, messages=(stopped, arrived)).opted_out_at is None
