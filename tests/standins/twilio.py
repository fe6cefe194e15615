"""A stand-in for Twilio's APIs of messages and calls."""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.standins.behaviour import Behaviour, Script
from tests.standins.http_server import Reply, Request
from tests.standins.standin import StandIn, Violation
from tests.standins.twilio_calls import CALLS, ReceivedCall, call_resource, read_call
from tests.standins.twilio_rules import TEXTS, Resource, broken_by, form_of, is_known, query_of

JSON = {"Content-Type": "application/json"}

# The HTTP status that Twilio's error pages give these codes; all others come as a 400.
STATUS = {20003: 401, 20404: 404, 20429: 429, 21611: 429, 63038: 429}


@dataclass(frozen=True)
class ReceivedText:
    to: str
    sender: str
    body: str
    validity_period: int | None
    status_callback: str | None
    sid: str
    received_at: datetime


class TwilioStandIn(StandIn[ReceivedText]):
    """`sender` is a number, or the SID of a Messaging Service. `lists` is how it behaves when it is
    asked for the list of what it took, `status` what it says has become of each text or call.
    Calls come from `caller`, and to `calls`.
    """

    def __init__(self, sender: str = "+12025550100") -> None:
        super().__init__()
        self.account_sid = "AC" + "0123456789abcdef" * 2
        self.auth_token = "twilio-token-of-the-tests"
        self.sender = sender
        self.caller = "+12025550101"
        self.calls: list[ReceivedCall] = []
        self.lists = Script()
        self.status = ""
        self.account = {"status": "active", "type": "Full"}

    @property
    def environment(self) -> dict[str, str]:
        service = self.sender.startswith("MG")
        return {
            "TWILIO_API_URL": self.url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_MESSAGING_SERVICE_SID" if service else "TWILIO_FROM_NUMBER": self.sender,
            "TWILIO_CALL_FROM": self.caller,
        }

    def broken_rules(self, request: Request) -> list[Violation]:
        sender = self.caller if _resource_of(request) is CALLS else self.sender
        who = (self.account_sid, self.auth_token)
        return broken_by(request, _resource_of(request), *who, sender)

    def refusal(self, broken: Violation) -> Reply:
        return _error(broken.status, broken.code, broken.words)

    def receive(self, request: Request) -> tuple[ReceivedText, Reply]:
        form = form_of(request, TEXTS.form)
        text = ReceivedText(
            to=form["To"],
            sender=self.sender,
            body=form["Body"],
            validity_period=form.get("ValidityPeriod"),
            status_callback=form.get("StatusCallback"),
            sid="SM" + secrets.token_hex(16),
            received_at=datetime.now(UTC),
        )
        return text, Reply(201, json.dumps(self._resource(text)).encode(), JSON)

    def reset(self) -> None:
        super().reset()
        self.calls.clear()

    def wait_for_call(self, to: str, seconds: float = 30.0) -> ReceivedCall:
        """The newest to that number. Not for the event loop: it blocks."""
        with self._changed:
            there = self._changed.wait_for(lambda: self.calls_to(to), seconds)
            assert there, f"no call to {to} after {seconds} s"
            return self.calls_to(to)[-1]

    def calls_to(self, number: str) -> list[ReceivedCall]:
        return [call for call in self.calls if call.to == number]

    def _reply(self, request: Request) -> Reply:
        if request.path == f"/2010-04-01/Accounts/{self.account_sid}.json":
            return self._show_account(request)
        resource = _resource_of(request)
        if request.method != "GET" and resource is TEXTS:
            return super()._reply(request)
        with self._changed:
            broken = self.broken_rules(request)
            self.violations += broken
            if broken:
                return self.refusal(broken[0])
            if request.method != "GET":
                return self._call(request)
            to = query_of(request, resource.query).get("To", "")
            return self.lists.due(to).answer(self._list(request, resource))

    def _show_account(self, request: Request) -> Reply:
        """The Account resource, of which a few fields are told."""
        self.requests += 1
        if not is_known(request, self.account_sid, self.auth_token) or request.method != "GET":
            return _error(401, 20003, "Authenticate")
        behaviour = self.script.due("")
        shown = {"sid": self.account_sid, "friendly_name": "Latchkey", **self.account}
        return behaviour.answer(Reply(200, json.dumps(shown).encode(), JSON))

    def _call(self, request: Request) -> Reply:
        self.requests += 1
        call = read_call(form_of(request, CALLS.form))
        behaviour = self.script.due(call.to)
        if behaviour.accepts:
            self.calls.append(call)
            self._changed.notify_all()
        shown = call_resource(call, self.account_sid, self.status)
        return behaviour.answer(Reply(201, json.dumps(shown).encode(), JSON))

    def _list(self, request: Request, resource: Resource) -> Reply:
        """Newest first, one page of it."""
        query = query_of(request, resource.query)
        to, size = query.get("To", ""), query.get("PageSize", 50)
        if resource is CALLS:
            called = [call for call in self.calls[::-1] if call.to == (to or call.to)][:size]
            page = [call_resource(call, self.account_sid, self.status) for call in called]
        else:
            found = [text for text in self.messages[::-1] if text.to == (to or text.to)][:size]
            page = [self._resource(text) for text in found]
        here = {"uri": request.path, "first_page_uri": request.path, "page": 0, "start": 0}
        rest = {"next_page_uri": None, "previous_page_uri": None, "page_size": len(page)}
        name = "calls" if resource is CALLS else "messages"
        body = {name: page, "end": max(0, len(page) - 1), **here, **rest}
        return Reply(200, json.dumps(body).encode(), JSON)

    def _resource(self, text: ReceivedText) -> dict[str, Any]:
        """The Message resource. A service picks its sender later: `accepted`, not yet `queued`."""
        service = self.sender.startswith("MG")
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{text.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": text.body,
            "date_created": format_datetime(text.received_at),
            "date_sent": None,
            "date_updated": format_datetime(text.received_at),
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": None if service else self.sender,
            "messaging_service_sid": self.sender if service else None,
            "num_media": "0",
            "num_segments": "0" if service else "1",
            "price": None,
            "price_unit": "USD",
            "sid": text.sid,
            "status": self.status or ("accepted" if service else "queued"),
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": text.to,
            "uri": f"{uri}.json",
        }


def _resource_of(request: Request) -> Resource:
    return CALLS if request.path.partition("?")[0].endswith("/Calls.json") else TEXTS


def refuse(code: int) -> Behaviour:
    """Says no with that code, e.g. 21610 for a person who replied STOP."""
    return Behaviour(False, lambda _: _error(STATUS.get(code, 400), code, f"Refused: {code}"))


def rate_limited(retry_after: int | str | None = None, code: int = 20429) -> Behaviour:
    """`retry_after` in seconds or as an HTTP date, as `Retry-After` allows."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    busy = _error(429, code, "Too Many Requests")
    return Behaviour(False, lambda _: replace(busy, headers=JSON | headers))


def _error(status: int, code: int, words: str) -> Reply:
    body = {
        "code": code,
        "message": words,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Reply(status, json.dumps(body).encode(), JSON)
