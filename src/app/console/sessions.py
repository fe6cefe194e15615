"""Operators who are signed in: kept by this one process, for 15 minutes each."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from app.domain.audit import NAME_LENGTH, read_operator
from app.domain.errors import Rejected

LIFETIME = timedelta(minutes=15)


def read_name(given: str) -> str:
    """The operator's own, for the audit trail. Raises `Rejected`."""
    if not given.strip():
        raise Rejected("Enter your name, as the audit trail should have it.", field="operator")
    name = read_operator(given)
    if name is None:
        raise Rejected(f"A name has at most {NAME_LENGTH} letters.", field="operator")
    return name


@dataclass(slots=True)
class OperatorSession:
    """`notice` is what the next page says was done."""

    name: str
    until: datetime
    notice: str = ""

    def take_notice(self) -> str:
        notice, self.notice = self.notice, ""
        return notice


class OperatorSessions:
    """Known by the digest of a secret, so nothing here opens anything. A restart ends them all."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._by_digest: dict[bytes, OperatorSession] = {}

    def open(self, name: str) -> str:
        """The secret of a new one."""
        self._forget_expired()
        secret = new_secret()
        self._by_digest[_digest(secret)] = OperatorSession(name, self._now() + LIFETIME)
        return secret

    def find(self, secret: str) -> OperatorSession | None:
        session = self._by_digest.get(_digest(secret))
        return session if session and session.until > self._now() else None

    def end(self, secret: str) -> None:
        self._by_digest.pop(_digest(secret), None)

    def _forget_expired(self) -> None:
        now = self._now()
        self._by_digest = {
            digest: session for digest, session in self._by_digest.items() if session.until > now
        }


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
