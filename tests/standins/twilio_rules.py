"""What Twilio asks of a message that is created, and of whoever asks for anything."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins.document import FORM, Document, typed_form
from tests.standins.http_server import Request
from tests.standins.standin import Violation

PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
DOCUMENT = Document("twilio_api_v2010.messages.json")


@dataclass(frozen=True)
class Resource:
    """What can be created with a form and listed, by its `document`; `broken_by` looks at a form
    that has its shape, and at the number or service that we send from.
    """

    path: str
    document: Document
    broken_by: Callable[[dict[str, Any], str], list[Violation]]

    @property
    def form(self) -> dict[str, Any]:
        return self.document.request_schema(self.path, FORM)

    @property
    def query(self) -> dict[str, Any]:
        return self.document.query_schema(self.path)


def form_of(request: Request, schema: dict[str, Any]) -> dict[str, Any]:
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    return typed_form(schema, pairs)


def query_of(request: Request, schema: dict[str, Any]) -> dict[str, Any]:
    return typed_form(schema, parse_qsl(urlsplit(request.path).query, keep_blank_values=True))


def is_known(request: Request, account_sid: str, auth_token: str) -> bool:
    pair = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
    return request.headers.get("authorization") == f"Basic {pair}"


def broken_by(
    request: Request, resource: Resource, account_sid: str, auth_token: str, sender: str
) -> list[Violation]:
    """The first that matters first: who asks, what it looks like, what it says."""
    path, document = urlsplit(request.path).path, resource.document
    if path != resource.path.replace("{AccountSid}", account_sid) or request.method not in (
        "GET",
        "POST",
    ):
        return [Violation(404, 20404, f"no such resource: {request.method} {request.path}")]
    if not is_known(request, account_sid, auth_token):
        return [Violation(401, 20003, "Authenticate")]
    if request.method == "GET":
        query = query_of(request, resource.query)
        return [Violation(400, 20001, it) for it in document.problems(resource.query, query)]
    if request.headers.get("content-type", "").split(";")[0] != FORM:
        return [Violation(400, 20001, "the body is not a form")]
    try:
        form = form_of(request, resource.form)
    except ValueError:
        return [Violation(400, 20001, "the form cannot be read")]
    shape = [Violation(400, 20001, words) for words in document.problems(resource.form, form)]
    return resource.broken_by(form, sender) + shape


def broken_by_text(form: dict[str, Any], sender: str) -> list[Violation]:
    """What we ask of a text with a code in it, too."""
    body = str(form.get("Body", ""))
    # The schema knows none of these: Prism let each of them pass.
    rules = [
        (21211, "To is not E.164", is_e164(str(form.get("To", "")))),
        (21603, "give From or MessagingServiceSid, not both", _has_one_sender(form)),
        (21606, "the sender is not ours", sender in (form.get("From"), _service(form))),
        (21602, "Body is empty", bool(body)),
        (21617, "Body has more than 1600 characters", len(body) <= 1600),
        (20001, "ValidityPeriod is not from 1 to 36000", _may_wait(form)),
        (21609, "StatusCallback is not an https URL with a host", can_call_back(form)),
    ]
    return [Violation(400, code, words) for code, words, kept in rules if not kept]


def is_e164(number: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", number) is not None


def _has_one_sender(form: dict[str, Any]) -> bool:
    return bool(form.get("From")) != bool(_service(form))


def _service(form: dict[str, Any]) -> object:
    return form.get("MessagingServiceSid")


def _may_wait(form: dict[str, Any]) -> bool:
    period = form.get("ValidityPeriod", 36_000)
    return isinstance(period, int) and 1 <= period <= 36_000


def can_call_back(form: dict[str, Any]) -> bool:
    if "StatusCallback" not in form:
        return True
    url = urlsplit(str(form["StatusCallback"]))
    return url.scheme == "https" and "." in (url.hostname or "") and "_" not in url.netloc


TEXTS = Resource(PATH, DOCUMENT, broken_by_text)
