"""SMTP_URL: a mail server, and who we are to it.

smtps:// speaks TLS at once, smtp:// from STARTTLS on, which is demanded everywhere but on loopback.
Special characters of user and password may stand there raw or encoded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from app.settings.environment import Reader, is_loopback

FORM = "smtps://user:password@host:465 or smtp://user:password@host:587"
PORTS = {"smtps": 465, "smtp": 587}
PLACE = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{1,5}))?/?", re.IGNORECASE
)
# An address that stands in commands and headers as it is.
MAILBOX = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+", re.IGNORECASE)

Security = Literal["tls", "starttls", "none"]


class BadSmtpUrl(ValueError):
    """`problems` say what is wrong, one sentence each, without any value of the URL."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`user` and `password` are "" where it asks for none."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)


def parse_smtp_url(url: str) -> SmtpServer:
    """Raises `BadSmtpUrl` with everything that is wrong."""
    scheme, _, rest = url.partition("://")
    if scheme not in PORTS:
        raise BadSmtpUrl("must start with smtps:// or smtp://.")
    login, at, where = rest.rpartition("@")
    user, _, password = login.partition(":")
    place = PLACE.fullmatch(where)
    problems = list(_wrong(place, bool(at), user, password))
    if place is None or problems:
        raise BadSmtpUrl(*problems)
    host = place["host"].strip("[]")
    security: Security = "tls" if scheme == "smtps" else "starttls"
    if scheme == "smtp" and is_loopback(host):
        security = "none"
    port = int(place["port"] or PORTS[scheme])
    return SmtpServer(host, port, security, unquote(user), unquote(password))


def _wrong(place: re.Match[str] | None, login: bool, user: str, password: str) -> Iterator[str]:
    if place is None:
        yield f"cannot be read: it has the form {FORM}."
    elif place["port"] and not 0 < int(place["port"]) < 65536:
        yield "has a port that is no number from 1 to 65535."
    if login and not (user and password):
        yield "needs both a user and a password, or neither."


def read_smtp_url(reader: Reader, name: str) -> str:
    """A secret, and what is wrong with it is told to the reader."""
    value = reader.secret(name)
    try:
        if value:
            parse_smtp_url(value)
    except BadSmtpUrl as bad:
        reader.problems += [f"{name} {problem}" for problem in bad.problems]
    return value
