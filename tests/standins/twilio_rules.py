"""What Twilio asks of a message that is created, and what we ask of a text with a code in it."""

import base64
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins.document import FORM, Document, typed_form
from tests.standins.http_server import Request
from tests.standins.standin import Violation

PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
DOCUMENT = Document("twilio_api_v2010.messages.json")
SCHEMA = DOCUMENT.request_schema(PATH, FORM)
QUERY = DOCUMENT.query_schema(PATH)


def form_of(request: Request) -> dict[str, Any]:
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    return typed_form(SCHEMA, pairs)


def query_of(request: Request) -> dict[str, Any]:
    return typed_form(QUERY, parse_qsl(urlsplit(request.path).query, keep_blank_values=True))


def broken_by(request: Request, account_sid: str, auth_token: str, sender: str) -> list[Violation]:
    """The first that matters first: who asks, what it looks like, what it says."""
    path = urlsplit(request.path).path
    if path != PATH.replace("{AccountSid}", account_sid) or request.method not in ("GET", "POST"):
        return [Violation(404, 20404, f"no such resource: {request.method} {request.path}")]
    pair = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {pair}":
        return [Violation(401, 20003, "Authenticate")]
    if request.method == "GET":
        return [Violation(400, 20001, it) for it in DOCUMENT.problems(QUERY, query_of(request))]
    if request.headers.get("content-type", "").split(";")[0] != FORM:
        return [Violation(400, 20001, "the body is not a form")]
    try:
        form = form_of(request)
    except ValueError:
        return [Violation(400, 20001, "the form cannot be read")]
    return _broken_by_form(form, sender)


def _broken_by_form(form: dict[str, Any], sender: str) -> list[Violation]:
    shape = [Violation(400, 20001, words) for words in DOCUMENT.problems(SCHEMA, form)]
    body = str(form.get("Body", ""))
    # The schema knows none of these: Prism let each of them pass.
    rules = [
        (21211, "To is not E.164", _is_e164(str(form.get("To", "")))),
        (21603, "give From or MessagingServiceSid, not both", _has_one_sender(form)),
        (21606, "the sender is not ours", sender in (form.get("From"), _service(form))),
        (21602, "Body is empty", bool(body)),
        (21617, "Body has more than 1600 characters", len(body) <= 1600),
        (20001, "ValidityPeriod is not from 1 to 36000", _may_wait(form)),
        (21609, "StatusCallback is not an https URL with a host", _can_call_back(form)),
    ]
    return [Violation(400, code, words) for code, words, kept in rules if not kept] + shape


def _is_e164(number: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", number) is not None


def _has_one_sender(form: dict[str, Any]) -> bool:
    return bool(form.get("From")) != bool(_service(form))


def _service(form: dict[str, Any]) -> object:
    return form.get("MessagingServiceSid")


def _may_wait(form: dict[str, Any]) -> bool:
    period = form.get("ValidityPeriod", 36_000)
    return isinstance(period, int) and 1 <= period <= 36_000


def _can_call_back(form: dict[str, Any]) -> bool:
    if "StatusCallback" not in form:
        return True
    url = urlsplit(str(form["StatusCallback"]))
    return url.scheme == "https" and "." in (url.hostname or "") and "_" not in url.netloc
