"""The settings that the contract promises are there; what is wrong with one is never taken."""

from dataclasses import fields

import phonenumbers
import pytest

from app.settings import BadSettings, Settings, read_settings
from app.settings.sms import REGIONS
from tests.commands.running import PRODUCTION

SET_UP = PRODUCTION | {"DATABASE_URL": "postgresql://somewhere/latchkey"}
PROMISED = """
ENVIRONMENT BASE_URL SECRET_KEY DATABASE_URL REDIS_URL TRUSTED_PROXIES ALLOWED_ORIGINS
TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN TWILIO_FROM_NUMBER TWILIO_MESSAGING_SERVICE_SID TWILIO_API_URL
SENDGRID_API_KEY SENDGRID_FROM_EMAIL SENDGRID_WEBHOOK_PUBLIC_KEY SENDGRID_API_URL
AUTH0_ISSUER AUTH0_CLIENT_ID AUTH0_CLIENT_SECRET SMS_REGIONS SMS_DAILY_LIMIT
BRAND_NAME BRAND_DIR CONTACT LEGAL_LINKS DEFAULT_REGION AUTH0_LABEL LANGUAGES SMS_DAILY_BUDGET
SMTP_URL DATABASE_POOLER DATABASE_POOL_SIZE REDIS_PREFIX HTTPS_PROXY HSTS KEEP_ALIVE DRAIN_SECONDS
BREACHED_PASSWORDS_FILE PWNED_PASSWORDS_URL SERVICES TEST_NUMBERS TEST_NUMBERS_UNTIL
PASSWORD_MIN_LENGTH OPS_TOKEN LOG_LEVEL LOG_FORMAT HOST PORT WORKERS LIMITS_FILE
"""
DEFAULTS = {
    "HOST": "127.0.0.1", "PORT": 8000, "WORKERS": 1, "PASSWORD_MIN_LENGTH": 12,
    "TWILIO_API_URL": "https://api.twilio.com", "SENDGRID_API_URL": "https://api.sendgrid.com",
    "SMS_REGIONS": ("US", "CA", "GB", "IE", "DE", "FR", "ES", "IT", "NL", "SE", "AU", "NZ"),
    "DATABASE_POOLER": "none", "DATABASE_POOL_SIZE": 20, "KEEP_ALIVE": 75, "DRAIN_SECONDS": 20,
    "HSTS": "host", "LOG_LEVEL": "INFO", "LOG_FORMAT": "json", "REDIS_PREFIX": "",
}  # fmt: skip


def told(**env: str) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        read_settings(SET_UP | env)
    return bad.value.problems


def test_each_that_is_promised_is_there() -> None:
    assert {*PROMISED.split()} - {field.name.upper() for field in fields(Settings)} == set()


@pytest.mark.parametrize("name", DEFAULTS)
def test_left_out_it_is_what_was_promised(name: str) -> None:
    assert getattr(read_settings(SET_UP), name.lower()) == DEFAULTS[name]


def test_a_country_that_is_none_is_refused_with_the_one_that_is_meant() -> None:
    assert told(SMS_REGIONS="SE,UK,XX,usa") == [
        "SMS_REGIONS: UK is no country, GB is.",
        "SMS_REGIONS: XX is no country; they have two letters, such as US, GB and DE.",
        "SMS_REGIONS: usa is no country, US is.",
    ]


def test_countries_are_those_of_libphonenumber() -> None:
    assert REGIONS == phonenumbers.SUPPORTED_REGIONS


def test_a_short_token_of_operators_is_refused_in_front_of_people() -> None:
    [problem] = told(OPS_TOKEN="x")
    assert problem.startswith("OPS_TOKEN must be a random text of at least 16 characters")
    assert read_settings(SET_UP | {"OPS_TOKEN": "0123456789abcdef"}).ops_token
    assert read_settings({"ENVIRONMENT": "test", "OPS_TOKEN": "x"}).ops_token == "x"


def test_more_than_one_thing_that_is_unsafe_is_told_at_once() -> None:
    key, token = told(SECRET_KEY="a" * 64, OPS_TOKEN="x")
    assert key.startswith("SECRET_KEY is too easy to guess")
    assert token.startswith("OPS_TOKEN ")


@pytest.mark.parametrize("size", ["0", "3", "501", "many"])
def test_a_pool_has_a_size_that_a_process_can_live_with(size: str) -> None:
    problem = "DATABASE_POOL_SIZE must be a whole number from 4 to 500."
    assert told(DATABASE_POOL_SIZE=size) == [problem]
