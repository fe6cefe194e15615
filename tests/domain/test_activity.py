"""What an owner is shown of the audit trail: each event is decided, each reason is one there is."""

import pytest

from app.controllers.account.activity import REMEDIES
from app.domain.account.activity import SENTENCES, SHOWN, Varying, choose_sentence
from app.domain.audit import AuditEvent
from tests.test_house import SOURCE

CODE = "\n".join(path.read_text() for path in (SOURCE / "domain").rglob("*.py"))
# What an operator, or the server itself, puts on record of an account.
NOT_THEIRS = ("person:", "audit:", "messages:", "notice:")


def test_each_event_is_decided() -> None:
    assert set(SENTENCES) == set(AuditEvent)


def test_what_operators_do_to_an_account_is_told_of_support() -> None:
    of_operators = [event for event in SHOWN if event.startswith(NOT_THEIRS[:3])]
    assert len(of_operators) == 7
    sentences = [choose_sentence(AuditEvent(event), {}) for event in of_operators]
    assert [one for one in sentences if not one.startswith("Support ")] == []


def test_whoever_did_not_do_it_is_led_somewhere() -> None:
    """But for what they did not do in any case, and what a remedy of ours has done."""
    done = {AuditEvent.SIGNUP_COMPLETED, AuditEvent.SESSION_ENDED, AuditEvent.SESSION_ALL_ENDED,
            AuditEvent.ACCOUNT_ROLLED_BACK}  # fmt: skip
    theirs = {AuditEvent(event) for event in SHOWN if not event.startswith(NOT_THEIRS)}
    assert theirs - REMEDIES.keys() == done
    assert set(REMEDIES) <= theirs


def test_a_sentence_by_its_reason_has_a_reason_that_is_given() -> None:
    shown = SENTENCES[AuditEvent.SESSION_ALL_ENDED], SENTENCES[AuditEvent.SESSION_ENDED]
    reasons = [reason for one in shown if isinstance(one, Varying) for reason in one.sentences]
    assert len(reasons) == 5
    assert [reason for reason in reasons if f'"{reason}"' not in CODE] == []


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        ({"amr": "otp sms"}, "Signed in with a code by text"),
        ({"amr": "pwd", "device": "Firefox on Linux"}, "Signed in with your password"),
        ({"amr": "fed"}, "Signed in with %(auth0_label)s"),
        ({"amr": "otp sms mfa"}, "Signed in"),
        ({}, "Signed in"),
    ],
)
def test_a_sentence_goes_by_the_details(details: dict[str, str], sentence: str) -> None:
    assert choose_sentence(AuditEvent.SESSION_OPENED, details) == sentence


def test_what_is_not_told_has_no_sentence() -> None:
    with pytest.raises(ValueError, match="is not shown"):
        choose_sentence(AuditEvent.STATS_READ, {})
