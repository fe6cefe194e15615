"""A stand-in for SendGrid's mail/send."""

import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.standins.behaviour import Behaviour
from tests.standins.http_server import Reply, Request
from tests.standins.sendgrid_rules import broken_by
from tests.standins.standin import StandIn, Violation

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class ReceivedEmail:
    to: str
    subject: str
    text: str
    html: str
    reference: str
    sender_name: str | None
    headers: dict[str, str]
    message_id: str
    received_at: datetime


class SendGridStandIn(StandIn[ReceivedEmail]):
    def __init__(self, sender: str = "door@latchkey.example") -> None:
        super().__init__()
        self.api_key = "SG.key-of-the-tests"
        self.sender = sender
        self.scopes = ["mail.send", "user.profile.read"]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SENDGRID_API_URL": self.url,
            "SENDGRID_API_KEY": self.api_key,
            "SENDGRID_FROM_EMAIL": self.sender,
        }

    def _reply(self, request: Request) -> Reply:
        if (request.method, request.path) != ("GET", "/v3/scopes"):
            return super()._reply(request)
        self.requests += 1
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _errors(401, ("authorization required", None))
        usual = Reply(200, json.dumps({"scopes": self.scopes}).encode(), JSON)
        return self.script.due("").answer(usual)

    def broken_rules(self, request: Request) -> list[Violation]:
        return broken_by(request, self.api_key, self.sender)

    def refusal(self, broken: Violation) -> Reply:
        return _errors(broken.status, (broken.words, broken.field))

    def receive(self, request: Request) -> tuple[ReceivedEmail, Reply]:
        payload: dict[str, Any] = json.loads(request.body)
        person = payload["personalizations"][0]
        letter = ReceivedEmail(
            to=person["to"][0]["email"],
            subject=payload["subject"],
            text=payload["content"][0]["value"],
            html=payload["content"][1]["value"],
            reference=person["custom_args"]["reference"],
            sender_name=payload["from"].get("name"),
            headers=payload["headers"],
            message_id=secrets.token_urlsafe(16),
            received_at=datetime.now(UTC),
        )
        return letter, Reply(202, headers={"X-Message-Id": letter.message_id})


def refuse(status: int, words: str = "Refused", *fields: str | None) -> Behaviour:
    """Says no with that status, one error for each of `fields`."""
    errors = [(words, field) for field in fields or (None,)]
    return Behaviour(False, lambda _: _errors(status, *errors))


def bad_address() -> Behaviour:
    words = "Does not contain a valid address."
    return refuse(400, words, "personalizations.0.to.0.email")


def rate_limited(seconds: int) -> Behaviour:
    """Over the rate until `seconds` from when the request came in."""

    def answer(_: Reply) -> Reply:
        limit = {
            "X-RateLimit-Limit": "600",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(time.time()) + seconds),
        }
        busy = _errors(429, ("too many requests", None))
        return Reply(429, busy.body, JSON | limit)

    return Behaviour(False, answer)


def _errors(status: int, *errors: tuple[str, str | None]) -> Reply:
    listed = [{"message": words, "field": field} for words, field in errors]
    return Reply(status, json.dumps({"errors": listed}).encode(), JSON)
