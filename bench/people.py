"""People who sign up: flow cookies, form tokens and codes, made with the product's own keys so that
the driver need not read pages or messages.
"""

import re
from collections.abc import AsyncIterator
from itertools import count
from typing import Any
from urllib.parse import urlencode

from app.domain.keys import keys_for
from app.domain.verification.codes import EMAIL, PHONE, Channel, derive_code
from app.settings import DEVELOPMENT_KEY
from app.web.cookies import Flows, flow_id
from app.web.forms import Csrf
from bench.driver import get, post
from bench.place import BASE_URL

HEAVIEST = "ar"  # the language whose pages are the largest: Arabic
GZIP = b"accept-encoding: gzip, deflate, br"
FORMS = Csrf(keys_for("forms", (DEVELOPMENT_KEY,)), BASE_URL)
[CODES] = keys_for("verification codes", (DEVELOPMENT_KEY,))
FLOWS = Flows(keys_for("flows", (DEVELOPMENT_KEY,)))
FLOW = re.compile(rb"set-cookie: __Host-flow=b.([^;]+)")
COOKIE = re.compile(rb"set-cookie: (__Host-(?:access|refresh)=[^;]+)")
PASSWORD = "seven otters paint slowly"
_numbers = count(1)


def in_language(request: bytes, language: str) -> bytes:
    return request.replace(b"en-GB,en;q=0.9", language.encode(), 1)


class Visitor:
    """Someone who has opened the first page. The number and address are nobody else's."""

    def __init__(self, language: str = "en-GB") -> None:
        self._language, number = language, next(_numbers)
        self._secret = FLOWS.issue()
        self._state = "n."
        # Australian mobile numbers, of which +614 0 to 3 are all in use; spread over blocks.
        self.phone = f"+614{number * 7919 % 40_000_000:08d}"
        self.email = f"person{number}@example.org"

    @property
    def flow_id(self) -> bytes:
        return flow_id(self._secret)

    def has_begun(self) -> None:
        self._state = "b."

    def goes_on(self, head: bytes) -> None:
        """With the flow cookie that this answer set, if it did: a proof renews it."""
        if found := FLOW.search(head):
            self._secret, self._state = found[1].decode(), "b."

    async def forms(self, database: Any) -> AsyncIterator[tuple[str, str, str]]:
        """Of the steps of a sign-up, each once the one before was sent: the end of its URL, and the
        name and value of its field.
        """
        yield "phone", "phone", self.phone
        yield "phone-code", "code", await self.code(database, PHONE)
        yield "email", "email", self.email
        yield "email-code", "code", await self.code(database, EMAIL)
        yield "password", "password", PASSWORD

    def get(self, path: str, *headers: bytes) -> bytes:
        return in_language(get(path, self.cookie.encode(), GZIP, *headers), self._language)

    def post(self, path: str, field: str, value: str) -> bytes:
        return self.form(path, {field: value})

    def form(self, path: str, fields: dict[str, str], *cookies: str) -> bytes:
        body = urlencode({"csrf_token": FORMS.issue_token(self._secret)} | fields)
        sent = post(path, body.encode(), "; ".join([self.cookie, *cookies]).encode(), GZIP)
        return in_language(sent, self._language)

    def give_phone(self) -> bytes:
        return self.post("/signup/phone", "phone", self.phone)

    async def code(self, database: Any, channel: Channel) -> str:
        """What the message says, from the nonce that it is derived from."""
        nonce = await database.fetchval(
            f"SELECT nonce FROM {channel.table} WHERE flow_id = $1", self.flow_id
        )
        to = self.phone if channel is PHONE else self.email
        return derive_code(CODES, nonce, "signup", to, channel.digits)

    @staticmethod
    def session(head: bytes) -> bytes:
        """The cookies of whoever was signed in by this answer."""
        return b"cookie: " + b"; ".join(COOKIE.findall(head))

    @property
    def cookie(self) -> str:
        """The header."""
        return f"cookie: __Host-flow={self._state}{self._secret}"
