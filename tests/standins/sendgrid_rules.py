"""What SendGrid asks of `POST /v3/mail/send`, and what we ask of a mail with a code in it."""

import json
import re
from typing import Any

from tests.standins.document import Document
from tests.standins.http_server import Request
from tests.standins.standin import Violation

PATH = "/v3/mail/send"
DOCUMENT = Document("sendgrid_v3.mail_send.json")
SCHEMA = DOCUMENT.request_schema(PATH, "application/json")

# Those the API does not let a sender set (mail/send, "headers").
RESERVED = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "to", "from"),
    *("content-transfer-encoding", "subject", "reply-to", "cc", "bcc"),
}
ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def broken_by(request: Request, api_key: str, sender: str) -> list[Violation]:
    """The first that matters first: who asks, what it looks like, what it says."""
    if (request.method, request.path) != ("POST", PATH):
        return [_broken("no such resource", status=404)]
    if request.headers.get("authorization") != f"Bearer {api_key}":
        return [
            _broken("The provided authorization grant is invalid, expired, or revoked", status=401)
        ]
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        return [_broken("Content-Type should be application/json.", status=415)]
    try:
        payload = json.loads(request.body)
    except ValueError:
        return [_broken("Bad Request")]
    shape = [_broken(words) for words in DOCUMENT.problems(SCHEMA, payload)]
    return shape or [
        *_broken_by_people(payload, sender),
        *_broken_by_content(payload),
        *_broken_by_settings(payload),
    ]


def _broken_by_people(payload: dict[str, Any], sender: str) -> list[Violation]:
    people = payload["personalizations"]
    broken = []
    if payload["from"]["email"] != sender:
        words = "The from address does not match a verified Sender Identity."
        broken.append(_broken(words, "from", status=403))
    if len(people) != 1 or set(people[0]) != {"to", "custom_args"} or len(people[0]["to"]) != 1:
        return [*broken, _broken("a code is for one person", "personalizations")]
    if not ADDRESS.fullmatch(people[0]["to"][0]["email"]):
        words = "Does not contain a valid address."
        broken.append(_broken(words, "personalizations.0.to.0.email"))
    if set(people[0]["custom_args"]) != {"reference"}:
        broken.append(_broken("nothing but our opaque id", "personalizations.0.custom_args"))
    return broken


def _broken_by_content(payload: dict[str, Any]) -> list[Violation]:
    broken = []
    if [part["type"] for part in payload["content"]] != ["text/plain", "text/html"]:
        words = "If present, text/plain must be first, followed by text/html."
        broken.append(_broken(words, "content"))
    if re.search(r"[\r\n]", payload["subject"]):
        broken.append(_broken("a line break", "subject"))
    headers = payload.get("headers", {})
    if headers.get("Auto-Submitted") != "auto-generated":
        broken.append(_broken("Auto-Submitted: auto-generated is missing", "headers"))
    if RESERVED & {name.lower() for name in headers}:
        broken.append(_broken("a reserved header", "headers"))
    return broken


def _broken_by_settings(payload: dict[str, Any]) -> list[Violation]:
    tracking = payload.get("tracking_settings", {})
    off = {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
    }
    broken = [
        _broken("tracking would spend one-use links", f"tracking_settings.{name}")
        for name, setting in off.items()
        if tracking.get(name) != setting
    ]
    seen = {"categories", "custom_args"} & set(payload)
    return broken + [_broken("kept by the vendor for long", name) for name in sorted(seen)]


def _broken(words: str, field: str | None = None, status: int = 400) -> Violation:
    return Violation(status, status, words, field)
