"""A stand-in for Telnyx: its Messages API, its detail records, and what it tells of each text."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.product import NO_TLS, Product
from tests.standins.behaviour import Behaviour, Script
from tests.standins.document import Document, typed_form
from tests.standins.http_server import Reply, Request
from tests.standins.standin import StandIn, Violation

JSON = {"Content-Type": "application/json"}
MESSAGES, RECORDS = "/messages", "/detail_records"
DOCUMENT = Document("telnyx_v2.messages.json")
SCHEMA = DOCUMENT.component("CreateMessageRequest")
QUERY = DOCUMENT.query_schema(RECORDS)
STATUS = {10009: 401, 10011: 429, 40318: 429}
STATUS_PATH = "/webhooks/telnyx/status"


@dataclass(frozen=True)
class ReceivedText:
    to: str
    body: str
    sender: str
    webhook_url: str | None
    id: str
    received_at: datetime


class TelnyxStandIn(StandIn[ReceivedText]):
    """`records` is how it behaves when it is asked what it took, `status` what it says has become
    of each text.
    """

    def __init__(self, sender: str = "+12025550111") -> None:
        super().__init__()
        self.api_key, self.sender = "KEY-of-the-tests", sender
        self.records, self.status = Script(), "queued"
        self._key = Ed25519PrivateKey.generate()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TELNYX_API_URL": self.url,
            "TELNYX_API_KEY": self.api_key,
            "TELNYX_FROM_NUMBER": self.sender,
            "TELNYX_PUBLIC_KEY": b64encode(self._key.public_key().public_bytes_raw()).decode(),
        }

    def broken_rules(self, request: Request) -> list[Violation]:
        url = urlsplit(request.path)
        if (request.method, url.path) not in (("POST", f"/v2{MESSAGES}"), ("GET", f"/v2{RECORDS}")):
            return [Violation(404, 10005, f"no such resource: {request.method} {request.path}")]
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return [Violation(401, 10009, "Authentication failed")]
        if request.method == "GET":
            query = typed_form(QUERY, parse_qsl(url.query, keep_blank_values=True))
            return [Violation(422, 10015, it) for it in DOCUMENT.problems(QUERY, query)]
        return self._broken_by_body(request)

    def _broken_by_body(self, request: Request) -> list[Violation]:
        try:
            body = json.loads(request.body)
        except ValueError:
            return [Violation(400, 10015, "the body is no JSON")]
        webhook = urlsplit(str(body.get("webhook_url", "https://named.nowhere")))
        rules = [
            (40310, "to is not E.164", str(body.get("to", "")).startswith("+")),
            (40305, "from is not ours", body.get("from", self.sender) == self.sender),
            (
                10004,
                "neither from nor messaging_profile_id",
                {"from", "messaging_profile_id"} & body.keys(),
            ),
            (10004, "text is empty", bool(body.get("text"))),
            (10003, "webhook_url is no https URL", webhook.scheme == "https" and webhook.hostname),
            (
                10015,
                "webhooks of the profile are used as well",
                body.get("use_profile_webhooks") is not True,
            ),
        ]
        shape = [Violation(422, 10015, words) for words in DOCUMENT.problems(SCHEMA, body)]
        return [Violation(400, code, words) for code, words, kept in rules if not kept] + shape

    def refusal(self, broken: Violation) -> Reply:
        return _error(broken.code, broken.words, broken.status)

    def receive(self, request: Request) -> tuple[ReceivedText, Reply]:
        body = json.loads(request.body)
        text = ReceivedText(
            to=body["to"],
            body=body["text"],
            sender=body.get("from", ""),
            webhook_url=body.get("webhook_url"),
            id=str(uuid4()),
            received_at=datetime.now(UTC),
        )
        return text, Reply(200, json.dumps({"data": self.resource(text)}).encode(), JSON)

    def _reply(self, request: Request) -> Reply:
        if request.method != "GET":
            return super()._reply(request)
        if request.path == "/v2/balance":
            return self._show_balance(request)
        with self._changed:
            broken = self.broken_rules(request)
            self.violations += broken
            if broken:
                return self.refusal(broken[0])
            to = dict(parse_qsl(urlsplit(request.path).query)).get("filter[cld]", "")
            found = [self._record(text) for text in self.messages[::-1] if text.to == to]
            usual = Reply(200, json.dumps({"data": found}).encode(), JSON)
            return self.records.due(to).answer(usual)

    def _show_balance(self, request: Request) -> Reply:
        self.requests += 1
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return self.refusal(Violation(401, 10009, "Authentication failed"))
        balance = {"record_type": "balance", "balance": "300.00", "currency": "USD"}
        return Reply(200, json.dumps({"data": balance}).encode(), JSON)

    def _record(self, text: ReceivedText) -> dict[str, Any]:
        return {
            "record_type": "message_detail_record",
            "uuid": text.id,
            "created_at": text.received_at.isoformat(),
            "cld": text.to,
            "cli": text.sender,
            "direction": "outbound",
            "status": self.status,
            "delivery_status_webhook_url": text.webhook_url or "",
            "errors": [],
        }

    def resource(self, text: ReceivedText, status: str = "queued", *codes: str) -> dict[str, Any]:
        return {
            "record_type": "message",
            "direction": "outbound",
            "id": text.id,
            "type": "SMS",
            "from": {"phone_number": text.sender, "carrier": "TELNYX LLC", "line_type": "VoIP"},
            "to": [{"phone_number": text.to, "status": status, "carrier": "", "line_type": ""}],
            "text": text.body,
            "webhook_url": text.webhook_url,
            "parts": 1,
            "valid_until": None,
            "errors": [{"code": code, "title": "Said so", "detail": text.to} for code in codes],
        }

    def event(self, text: ReceivedText, status: str, *codes: str) -> dict[str, Any]:
        kind = "message.sent" if status == "sent" else "message.finalized"
        payload = self.resource(text, status, *codes)
        data = {"record_type": "event", "id": str(uuid4()), "event_type": kind, "payload": payload}
        return {"data": data, "meta": {"attempt": 1, "delivered_to": text.webhook_url}}

    def sign(self, body: bytes, timestamp: str) -> dict[str, str]:
        signature = self._key.sign(timestamp.encode() + b"|" + body)
        return {
            "telnyx-signature-ed25519": b64encode(signature).decode(),
            "telnyx-timestamp": timestamp,
        }

    def tell(
        self, product: Product, event: object, path: str = STATUS_PATH, age: float = 0
    ) -> httpx.Response:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        headers = {**self.sign(body, str(int(time() - age))), **JSON}
        return httpx.post(product.url + path, content=body, headers=headers, verify=NO_TLS)


def refuse(code: int) -> Behaviour:
    """Says no with that code, e.g. 40300 for a person who replied STOP."""
    return Behaviour(False, lambda _: _error(code, "Said so", STATUS.get(code, 400)))


def _error(code: int, title: str, status: int) -> Reply:
    errors = [{"code": str(code), "title": title, "detail": "of +61491570006"}]
    return Reply(status, json.dumps({"errors": errors}).encode(), JSON)
