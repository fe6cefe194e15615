"""SMTP_URL and who else might send mails: read as they are meant, or refused by name."""

from pathlib import Path

import pytest

from app.settings import BadSettings, read_settings
from app.settings.smtp_url import BadSmtpUrl, SmtpServer, parse_smtp_url
from tests.commands.running import PRODUCTION

READ = [
    ("smtps://mail.example", SmtpServer("mail.example", 465, "tls")),
    ("smtp://mail.example/", SmtpServer("mail.example", 587, "starttls")),
    ("smtp://10.0.0.9:25", SmtpServer("10.0.0.9", 25, "starttls")),
    ("smtp://localhost:25", SmtpServer("localhost", 25, "none")),
    ("smtp://[::1]:25", SmtpServer("::1", 25, "none")),
    ("smtps://localhost", SmtpServer("localhost", 465, "tls")),
    (
        "smtps://AKIA:a%2Fb%40c%3A%25%20@mail.example:465",
        SmtpServer("mail.example", 465, "tls", "AKIA", "a/b@c:% "),
    ),
    (
        "smtp://door@mail.example:a/b@c:+@mail.example",
        SmtpServer("mail.example", 587, "starttls", "door@mail.example", "a/b@c:+"),
    ),
]
REFUSED = [
    ("mail.example:587", ["must start with smtps:// or smtp://."]),
    ("http://mail.example", ["must start with smtps:// or smtp://."]),
    ("smtp://", ["cannot be read"]),
    ("smtp://mail example", ["cannot be read"]),
    ("smtps://mail.example?starttls=no", ["cannot be read"]),
    ("smtps://mail.example:99999", ["a port that is no number from 1 to 65535"]),
    ("smtps://hunter2@mail.example", ["both a user and a password"]),
    ("smtps://:hunter2@mail.example:0", ["a port that is no", "both a user and a password"]),
]
VENDORS = ("SENDGRID_API_KEY", "SENDGRID_FROM_EMAIL")
BY_SMTP = {name: value for name, value in PRODUCTION.items() if name not in VENDORS} | {
    "DATABASE_URL": "postgresql://somewhere/latchkey",
    "SMTP_URL": "smtps://door:hunter2@mail.example",
    "SMTP_FROM": "door@example.org",
}


@pytest.mark.parametrize(("url", "read"), READ)
def test_it_is_read_as_it_is_meant(url: str, read: SmtpServer) -> None:
    assert parse_smtp_url(url) == read


@pytest.mark.parametrize(("url", "problems"), REFUSED)
def test_everything_that_is_wrong_is_told_and_no_value(url: str, problems: list[str]) -> None:
    with pytest.raises(BadSmtpUrl) as bad:
        parse_smtp_url(url)
    told = bad.value.problems
    assert [part in said for part, said in zip(problems, told, strict=True)] == [True] * len(told)
    assert "hunter2" not in str(bad.value)


def problems_of(**changed: str) -> list[str]:
    with pytest.raises(BadSettings) as bad:
        read_settings({**BY_SMTP, **changed})
    return bad.value.problems


def test_production_may_send_its_mails_by_smtp_alone(tmp_path: Path) -> None:
    assert read_settings(BY_SMTP).mail_vendor == "SMTP"
    secret = tmp_path / "smtp_url"
    secret.write_text(f"{BY_SMTP['SMTP_URL']}\n")
    filed = {**BY_SMTP, "SMTP_URL": "", "SMTP_URL_FILE": str(secret)}
    assert read_settings(filed) == read_settings(BY_SMTP)


def test_two_who_would_send_mails_are_refused() -> None:
    given = {name: PRODUCTION[name] for name in VENDORS}
    assert problems_of(**given) == ["Set SENDGRID_API_KEY or SMTP_URL, not both."]


def test_half_of_it_is_told_by_name() -> None:
    [missing] = problems_of(SMTP_URL="")
    assert missing.startswith("SMTP_URL is missing: set it to smtps://")
    assert problems_of(SMTP_FROM="") == [
        "SMTP_FROM is missing: set it to the address that mails come from."
    ]
    nobody = problems_of(SMTP_FROM="", SMTP_URL="")
    assert [each.split()[0] for each in nobody] == ["SENDGRID_API_KEY", "SENDGRID_FROM_EMAIL"]
    assert "SMTP_URL" in nobody[0]


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = problems_of(SMTP_URL="smtp://hunter2@x:0", SMTP_FROM="Größe <a@b.example>")
    assert [each.split()[0] for each in wrong] == ["SMTP_URL", "SMTP_URL", "SMTP_FROM"]
    assert "hunter2" not in str(wrong)
