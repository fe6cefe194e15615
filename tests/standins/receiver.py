"""A receiver of events that believes nobody: it checks signatures by the text of Standard Webhooks.

Its script may have the events of one person, by their id, answered otherwise than others.
"""

import hmac
import json
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.standins.http_server import Reply, Request
from tests.standins.standin import StandIn, Violation

TOLERANCE = 300  # seconds that a timestamp may be off


@dataclass(frozen=True)
class ReceivedEvent:
    id: str
    type: str
    timestamp: str
    data: dict[str, Any]
    signatures: tuple[str, ...]

    @property
    def to(self) -> str:
        """Whose it is; '' of a test."""
        return str(self.data.get("user", ""))


class EventReceiver(StandIn[ReceivedEvent]):
    def __init__(self, name: str = "shop", seed: bytes = b"k" * 32) -> None:
        super().__init__()
        self.name, self.secret = name, "whsec_" + b64encode(seed).decode()

    @property
    def environment(self) -> dict[str, str]:
        """It is named in a file, as `table` writes it."""
        return {}

    def table(self, *more: str, scopes: str = "openid phone email plan") -> str:
        """Of the file of SERVICES. `more` are other secrets than its own."""
        secrets = [self.secret, *more]
        return (
            f'[[service]]\nname = "{self.name}"\naudience = "https://{self.name}.example"\n'
            f'scopes = {json.dumps(scopes.split())}\nevents_url = "{self.url}/events"\n'
            f"events_secrets = {json.dumps(secrets)}\n"
        )

    def broken_rules(self, request: Request) -> list[Violation]:
        headers = request.headers
        given = [headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")]
        event_id, sent_at, signatures = given
        signed = f"{event_id}.{sent_at}.".encode() + request.body
        key = b64decode(self.secret.removeprefix("whsec_"))
        wanted = "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
        rules = {
            "path": (request.method, request.path) == ("POST", "/events"),
            "content type": headers.get("content-type") == "application/json",
            "timestamp": sent_at.isdigit() and abs(time.time() - int(sent_at)) < TOLERANCE,
            "signature": wanted in signatures.split(" "),
            "id": bool(event_id) and "." not in event_id,
        }
        return [Violation(400, 0, rule) for rule, is_kept in rules.items() if not is_kept]

    def refusal(self, broken: Violation) -> Reply:
        return Reply(broken.status, broken.words.encode())

    def receive(self, request: Request) -> tuple[ReceivedEvent, Reply]:
        content = json.loads(request.body)
        assert content["id"] == request.headers["webhook-id"]
        signatures = tuple(request.headers["webhook-signature"].split(" "))
        return ReceivedEvent(**content, signatures=signatures), Reply(204)
