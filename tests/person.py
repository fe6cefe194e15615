"""A person with a browser that runs no scripts: cookies, forms with their tokens, redirects."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from itertools import count
from typing import Any

import httpx

from tests.product import NO_TLS, Product

PASSWORD = "seven otters paint slowly"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
_numbers = count(1)
_clients: list[httpx.Client] = []


@dataclass(frozen=True)
class Seen:
    """A page as a person sees it."""

    response: httpx.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def html(self) -> str:
        """Without the word joiners in it, which nobody sees."""
        return self.response.text.replace("\N{WORD JOINER}", "")

    @property
    def title(self) -> str:
        return _text(self.html, r"<title>(?P<text>.*?)</title>")

    @property
    def heading(self) -> str:
        return _text(self.html, r"<h1[^>]*>(?P<text>.*?)</h1>")

    @property
    def alert(self) -> str:
        """What went wrong, in the box or beside the field; '' when nothing did."""
        return _text(self.html, r'<(?P<tag>div|p) [^>]*role="alert"[^>]*>(?P<text>.*?)</(?P=tag)>')

    @property
    def location(self) -> str:
        return self.response.headers.get("location", "")

    def field(self, name: str) -> str:
        """What stands in a form field."""
        tag = re.search(rf'<input[^>]* name="{name}"[^>]*>', self.html)
        value = tag and re.search(r' value="([^"]*)"', tag[0])
        return unescape(value[1]) if value else ""

    def choice(self, name: str) -> str:
        """What is chosen in a list."""
        chosen = re.search(rf'<select[^>]* name="{name}".*?</select>', self.html, re.DOTALL)
        return _text(chosen[0], r' value="(?P<text>[^"]*)" selected') if chosen else ""


class Person:
    """Follows no redirect by itself: a test says what it expects. `address` is where they sit."""

    def __init__(self, product: Product, address: str = "127.0.0.1") -> None:
        self.product = product
        self.http = httpx.Client(
            base_url=product.url, headers=SAME_ORIGIN, timeout=20, transport=_from(address)
        )
        self.page: Seen | None = None
        self._had: Counter[str] = Counter()  # codes sent to a contact before it was named again
        _clients.append(self.http)

    def get(self, path: str, **headers: str) -> Seen:
        self.page = Seen(self.http.get(path, headers=headers))
        return self.page

    def post(self, path: str, **fields: str) -> Seen:
        """Sends a form with the token of the last page that had one."""
        if "csrf_token" not in fields:
            fields["csrf_token"] = self.token()
        self.page = Seen(self.http.post(path, data=fields))
        return self.page

    def submit(self, path: str, **fields: str) -> Seen:
        """Opens the page, posts its form, and follows where that leads."""
        return self.submit_from(path, path, **fields)

    def submit_from(self, page: str, path: str, **fields: str) -> Seen:
        """The same with a form that is sent elsewhere than to its page."""
        self.get(page)
        return self._enter(path, **fields)

    def _enter(self, path: str, **fields: str) -> Seen:
        """Posts the form of the page at hand."""
        seen = self.post(path, **fields)
        return self.get(seen.location) if seen.status == 303 else seen

    def token(self) -> str:
        """From the page at hand, else from a page everybody may open."""
        html = self.page.html if self.page else ""
        if 'name="csrf_token"' not in html:
            html = self.http.get("/signup/phone", follow_redirects=True).text
        return re.search(r'name="csrf_token" value="([^"]+)"', html)[1]  # type: ignore[index]

    # The steps of a sign-up, each from its page to the next.

    def give_phone(self, phone: str) -> Seen:
        self._had[phone] = len(self.product.codes_for(phone))
        return self.submit("/signup/phone", phone=phone)

    def give_phone_code(self, phone: str) -> Seen:
        return self.submit("/signup/phone-code", code=self.code(phone))

    def give_email(self, email: str) -> Seen:
        self._had[email] = len(self.product.codes_for(email))
        return self.submit("/signup/email", email=email)

    def give_email_code(self, email: str) -> Seen:
        return self.submit("/signup/email-code", code=self.code(email))

    def code(self, contact: str) -> str:
        """The one that was sent after the contact was given here."""
        return self.product.code_for(contact, self._had[contact])

    def give_password(self, password: str = PASSWORD) -> Seen:
        return self.submit("/signup/password", password=password)

    def sign_up(self, phone: str, email: str) -> Seen:
        """All of them at one go: a page is opened where the token of the one before is old."""
        self._had[phone] = len(self.product.codes_for(phone))
        self.get("/signup/phone")
        token = self.token()
        self.post("/signup/phone", phone=phone)
        self._enter("/signup/phone-code", csrf_token=token, code=self.code(phone))
        self._had[email] = len(self.product.codes_for(email))
        token = self.token()
        self.post("/signup/email", email=email)
        self._enter("/signup/email-code", csrf_token=token, code=self.code(email))
        return self._enter("/signup/password", password=PASSWORD)


@contextmanager
def visiting() -> Iterator[None]:
    """Who comes meanwhile leaves at the end: connections of thousands would be too many."""
    before = len(_clients)
    yield
    while len(_clients) > before:
        _clients.pop().close()


def new_phone() -> str:
    """A mobile number of Australia, in a block of its own, that nobody else in this run has."""
    return f"+614{next(_numbers):04d}0000"


def new_email() -> str:
    return f"person{next(_numbers)}@example.org"


def _from(address: str) -> Any:
    return httpx.HTTPTransport(verify=NO_TLS, local_address=address)


def _text(html: str, pattern: str) -> str:
    found = re.search(pattern, html.partition("<template")[0], re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found["text"])).split()) if found else ""
