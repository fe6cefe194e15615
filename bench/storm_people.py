"""People who go on through a storm: each asks again where they were refused, as people do."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic

import httpx
from tests.person import PASSWORD, SAME_ORIGIN, new_email, new_phone
from tests.product import NO_TLS, Product

PATIENCE = 60.0  # seconds until somebody gives up on a step
PAUSE = 0.3  # between two clicks
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Record:
    """What became of all that was asked; moments are those of `monotonic`."""

    requests: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[float, str]] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    lost_flows: list[str] = field(default_factory=list)
    sent_back: Counter[str] = field(default_factory=Counter)
    signed_out: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, what: str, answer: httpx.Response | httpx.TransportError) -> None:
        with self._lock:
            self.requests[what] += 1
            if isinstance(answer, httpx.TransportError):
                self.failures.append((monotonic(), f"{what} {type(answer).__name__}"))
            elif answer.status_code >= 500:
                self.failures.append((monotonic(), f"{what} {answer.status_code}"))
            elif answer.status_code >= 400:
                self.refusals[f"{what} {answer.status_code}"] += 1


class Crowd:
    """Who comes to `url`, behind which `servers` send the messages."""

    def __init__(self, url: str, servers: list[Product]) -> None:
        self.url, self.servers = url, servers
        self.record, self.ended = Record(), Event()

    def code_for(self, to: str) -> str:
        """The newest; "" where none has arrived in time."""
        deadline = monotonic() + PATIENCE / 2
        while monotonic() < deadline:
            sent = [each for server in self.servers for each in server.messages(to) if each.code]
            if sent:
                return max(sent, key=lambda each: each.sent_at).code or ""
            self.ended.wait(0.1)
        return ""

    def doubled(self) -> int:
        """Messages that say to somebody what an earlier one has said."""
        sent = Counter(
            (each.to, each.body)
            for server in self.servers
            for each in server.outbox.list_recent(1_000_000)
        )
        return sum(times - 1 for times in sent.values())


class Visitor:
    def __init__(self, crowd: Crowd, what: str) -> None:
        self.crowd, self.what = crowd, what
        self.more: dict[str, str] = {}  # what every form says besides
        self.http = httpx.Client(base_url=crowd.url, headers=SAME_ORIGIN, timeout=15, verify=NO_TLS)

    def ask(self, method: str, path: str, **fields: str) -> httpx.Response | None:
        """None where it failed."""
        try:
            answer = self.http.request(method, path, data=fields or None)
        except httpx.TransportError as error:
            self.crowd.record.add(f"{self.what} {method}", error)
            return None
        self.crowd.record.add(f"{self.what} {method}", answer)
        return answer if answer.status_code < 500 else None

    def enter(self, path: str, name: str, value: Callable[[], str]) -> str:
        """The form of a page, until it leads on: where to; "" where it never does."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            shown = self.ask("GET", path)
            if shown is not None and shown.status_code == 303:
                return str(shown.headers["location"])
            if shown is not None and (token := TOKEN.search(shown.text)):
                sent = self.send(path, csrf_token=token[1], **{name: value()}, **self.more)
                if sent is not None and sent.status_code == 303:
                    return str(sent.headers["location"])
            self.crowd.ended.wait(PAUSE)
        return ""

    def send(self, path: str, **fields: str) -> httpx.Response | None:
        """Once more where it failed, as a browser does that is told to reload."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            if (sent := self.ask("POST", path, **fields)) is not None:
                return sent
            self.crowd.ended.wait(PAUSE)
        return None


def sign_up(crowd: Crowd) -> tuple[str, Visitor] | None:
    """Their e-mail address and browser, where nothing was lost. They go wherever they are sent."""
    visitor, phone, email = Visitor(crowd, "sign up"), new_phone(), new_email()
    values: dict[str, tuple[str, Callable[[], str]]] = {
        "/signup/phone": ("phone", lambda: phone),
        "/signup/phone-code": ("code", lambda: crowd.code_for(phone)),
        "/signup/email": ("email", lambda: email),
        "/signup/email-code": ("code", lambda: crowd.code_for(email)),
        "/signup/password": ("password", lambda: PASSWORD),
    }
    order, at = [*values, "/signup/done"], "/signup/phone"
    for _ in range(3 * len(values)):
        there = visitor.enter(at, *values[at]).partition("?")[0]
        if there not in order:
            break
        if order.index(there) < order.index(at):
            crowd.record.sent_back[f"from {at} to {there}"] += 1
        if there == "/signup/done":
            return email, visitor
        at = there
        crowd.ended.wait(PAUSE)
    crowd.record.lost_flows.append(at)
    return None


def keep_signing_up(crowd: Crowd) -> None:
    while not crowd.ended.is_set():
        sign_up(crowd)


def keep_signing_in(crowd: Crowd, email: str) -> None:
    while not crowd.ended.is_set():
        visitor = Visitor(crowd, "sign in")
        visitor.more = {"email": email}
        visitor.enter("/login/password", "password", lambda: PASSWORD)
        visitor.ask("GET", "/account")
        crowd.ended.wait(PAUSE)


def keep_refreshing(crowd: Crowd, visitor: Visitor) -> None:
    """One session, whose access token is as good as over each time."""
    visitor.what = "refresh"
    while not crowd.ended.is_set():
        if "access" in visitor.http.cookies:
            visitor.http.cookies.delete("access")
        shown = visitor.ask("GET", "/account")
        if shown is not None and shown.status_code == 303:
            crowd.record.signed_out += 1
            return
        crowd.ended.wait(PAUSE)


def keep_reading_prices(crowd: Crowd) -> None:
    visitor = Visitor(crowd, "prices")
    while not crowd.ended.is_set():
        visitor.ask("GET", "/pricing")
        crowd.ended.wait(PAUSE)
