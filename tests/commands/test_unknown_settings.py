"""Names that look like settings and are none: told, and never those of other programs."""

from dataclasses import fields

import pytest

from app.settings import Settings
from app.settings.unknown import unknown_settings
from tests.commands.running import PRODUCTION

MISTYPED = {
    "SMS_DAILY_LIMITS": "SMS_DAILY_LIMIT",
    "DATABSE_URL": "DATABASE_URL",
    "ENVIROMENT": "ENVIRONMENT",
    "WORKER": "WORKERS",
    "TRUSTED_PROXY": "TRUSTED_PROXIES",
    "LOGLEVEL": "LOG_LEVEL",
    "base_url": "BASE_URL",
    # It is no secret, so it is not looked for in a file.
    "TWILIO_ACCOUNT_SID_FILE": "TWILIO_ACCOUNT_SID",
    # Nothing is like it, but nobody else has such names.
    "TWILIO_REGION": "",
}
FOREIGN = {
    "PATH": "/usr/bin", "HOSTNAME": "web-1", "LANGUAGE": "en_GB", "HTTP_PROXY": "http://p:3128",
    "http_proxy": "http://p:3128", "REDIS_PORT": "tcp://10.0.0.9:6379", "USER": "latchkey",
    "SMTP_SERVICE_HOST": "10.0.0.8", "SMTP_PORT_25_TCP_ADDR": "10.0.0.8", "SSL_CERT_FILE": "",
    "GLIBC_TUNABLES": "", "OTEL_EXPORTER_OTLP_TIMEOUT": "5", "OTEL_EXPORTER_OTLP_HEADERS": "",
}  # fmt: skip


@pytest.mark.parametrize("name", MISTYPED)
def test_a_mistyped_name_is_found_with_what_it_stands_for(name: str) -> None:
    assert unknown_settings({name: "1"}) == [(name, MISTYPED[name])]


def test_settings_and_the_names_of_other_programs_are_not() -> None:
    every = {field.name.upper(): "" for field in fields(Settings)}
    assert unknown_settings(every | FOREIGN) == []
    assert unknown_settings({f"{name}_FILE": "" for name in ("SECRET_KEY", "OPS_TOKEN")}) == []
    assert unknown_settings(PRODUCTION | FOREIGN) == []


def test_beside_the_setting_it_is_like_it_is_somebody_elses() -> None:
    both = {"DATABASE_URL": "postgresql://here/ours", "DATABASE_URL2": "postgresql://here/theirs"}
    assert unknown_settings(both) == []


def test_what_a_sender_has_is_known_once_it_is_listed() -> None:
    account = {"TWILIO_EU_AUTH_TOKEN": "token", "TWILIO_EU_AUTH_TOKEN_FILE": ""}
    assert unknown_settings({"SMS_SENDERS": "twilio_eu", **account}) == []
    assert [name for name, _ in unknown_settings(account)] == [*account]
