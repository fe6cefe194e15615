"""`SMS_SENDERS`: who sends texts, each with settings of its own."""

import pytest

from app.settings import BadSettings, read_settings
from tests.commands.running import PRODUCTION

PRODUCTION = PRODUCTION | {"DATABASE_URL": "postgresql://127.0.0.1:1/latchkey"}
OTHER = {
    "SMS_SENDERS": "twilio, twilio_eu",
    "TWILIO_EU_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_EU_AUTH_TOKEN": "another token",
    "TWILIO_EU_MESSAGING_SERVICE_SID": "MG" + "1" * 32,
}


def problems_of(**changed: str) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        read_settings({**PRODUCTION, **changed})
    return bad.value.problems


def test_without_it_twilio_sends_alone() -> None:
    settings = read_settings(PRODUCTION)
    assert [each.name for each in settings.sms_senders] == ["twilio"]
    assert settings.of_sender(settings.sms_senders[0]) == settings
    local = read_settings({"ENVIRONMENT": "development"})
    assert local.sms_senders == ()


def test_each_has_settings_of_its_own() -> None:
    settings = read_settings(PRODUCTION | OTHER)
    first, second = map(settings.of_sender, settings.sms_senders)
    assert first.twilio_auth_token == PRODUCTION["TWILIO_AUTH_TOKEN"]
    assert second.twilio_auth_token == "another token"
    assert (second.twilio_from_number, second.twilio_messaging_service_sid) == ("", "MG" + "1" * 32)
    assert second.twilio_api_url == first.twilio_api_url == "https://api.twilio.com"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("twilio,twilio", "SMS_SENDERS names a sender twice."),
        ("twilio,pigeon", "SMS_SENDERS: pigeon must be, or begin with, "),
        ("twilio,twilio_", "SMS_SENDERS: twilio_ must be, or begin with, "),
        ("Twilio", "SMS_SENDERS: Twilio must be, or begin with, "),
        ("twilio,../x", "SMS_SENDERS: ../x must be, or begin with, "),
    ],
)
def test_a_name_that_is_none_is_refused(given: str, problem: str) -> None:
    assert any(told.startswith(problem) for told in problems_of(SMS_SENDERS=given))


def test_what_one_lacks_is_told_by_its_own_name() -> None:
    told = problems_of(SMS_SENDERS="twilio,twilio_eu", TWILIO_EU_ACCOUNT_SID="no sid")
    assert [each.split()[0] for each in told] == [
        "TWILIO_EU_ACCOUNT_SID",
        "TWILIO_EU_AUTH_TOKEN",
        "TWILIO_EU_FROM_NUMBER",
    ]
    assert "TWILIO_EU_MESSAGING_SERVICE_SID" in told[-1]


def test_another_vendor_may_send_alone() -> None:
    texts = {
        "SMS_SENDERS": "telnyx",
        "TELNYX_API_KEY": "KEY1",
        "TELNYX_FROM_NUMBER": "+12025550100",
    }
    without = {name: "" for name in PRODUCTION if name.startswith("TWILIO_")}
    settings = read_settings(PRODUCTION | without | texts)
    assert [each.vendor for each in settings.sms_senders] == ["telnyx"]
    told = problems_of(**without | texts | {"TELNYX_API_KEY": "", "TELNYX_PUBLIC_KEY": "short"})
    assert [each.split()[0] for each in told] == ["TELNYX_PUBLIC_KEY", "TELNYX_API_KEY"]
