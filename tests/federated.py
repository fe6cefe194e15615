"""Someone who comes with Auth0: to the provider of a developer's machine, and back."""

import asyncio
import re
from collections import Counter
from html import unescape
from typing import Any

import httpx

from app.dev.outbox import LocalMessage
from tests.crowd import sql
from tests.holder import message
from tests.person import SAME_ORIGIN, Person, Seen, new_email, new_phone
from tests.product import NO_TLS, Product

SIGN_OUT = "Sign out of single sign-on too"
ALL_SESSIONS = "SELECT count(*) FROM sessions"
SESSIONS = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1"


class Federated(Person):
    """Made up anew: nobody else is known to the provider by this address."""

    def __init__(self, product: Product, email: str = "", address: str = "127.0.0.1") -> None:
        super().__init__(product, address)
        self.phone, self.email = new_phone(), email or new_email()
        self._sessions = sessions_in_all(product)

    def leave(self, purpose: str = "signup") -> str:
        """Off to the provider: the address of its page. `purpose` as in the address: `undo` with
        the token of its link, `undo&undo=<token>`.
        """
        if purpose in ("login", "signup"):
            seen = self.get(f"/auth0/start?for={purpose}")
            assert seen.status == 303, seen.html
            return seen.location
        self.get(f"/auth0/start?for={purpose}")
        seen = self.post(f"/auth0/start?for={purpose}")
        assert seen.status == 200, seen.html
        return onwards(seen)

    def answered(self, purpose: str = "signup", answer: str = "continue", **ticks: str) -> str:
        """The address that the provider leads back to."""
        self.get(self.leave(purpose))
        url = str(self.page.response.url) if self.page else ""
        who = {"person": "new", "name": "Zoe", "email": self.email}
        seen = self.post(url, answer=answer, **(who | ticks))
        assert seen.status == 303, seen.alert
        return seen.location

    def come_with_auth0(self, purpose: str = "signup", **ticks: str) -> Seen:
        """Away, back, and on to where that leads."""
        return self.follow(self.answered(purpose, **ticks))

    def follow(self, url: str) -> Seen:
        """Through all redirects."""
        seen = self.get(url)
        while seen.status == 303:
            seen = self.get(seen.location)
        return seen

    def prove_phone(self, phone: str = "") -> Seen:
        self.give_phone(phone or self.phone)
        return self.give_phone_code(phone or self.phone)

    def sign_up_with_auth0(self) -> Seen:
        self.come_with_auth0()
        return self.prove_phone()

    def told(self, words: str) -> LocalMessage:
        return message(self.product, self.email, words)

    @property
    def is_in(self) -> bool:
        return self.get("/account").status == 200

    @property
    def opened_nothing(self) -> bool:
        """Whether there is no session more, of anybody, than when they came."""
        return sessions_in_all(self.product) == self._sessions


def onwards(page: Seen) -> str:
    """Where a page that is the answer to a form leads by itself."""
    wait, _, url = page.response.headers["refresh"].partition("; url=")
    assert wait == "0"
    return url


def sign_out_of_auth0(page: Seen) -> str:
    """Where the link on the page of someone's identities leads."""
    found = re.search(rf'<a href="([^"]+)" hx-boost="false">{SIGN_OUT}</a>', page.html)
    assert found, page.html
    return unescape(found[1])


def sessions_of(product: Product, email: str) -> int:
    return int(sql(product, SESSIONS, email)[0]["count"])


def sessions_in_all(product: Product) -> int:
    return int(sql(product, ALL_SESSIONS)[0]["count"])


def identities_of(product: Product, email: str) -> list[Any]:
    return sql(
        product,
        "SELECT i.* FROM identities i JOIN users u ON u.id = i.user_id WHERE u.email = $1",
        email,
    )


def returned_at_once(people: list[Federated], urls: list[str]) -> Counter[str]:
    """Where the answers of the provider lead that arrive at one moment, each with its person."""

    async def one(client: httpx.AsyncClient, person: Federated, url: str) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
        return await client.get(person.http.base_url.join(url), headers={"cookie": cookies})

    async def all_of_them() -> list[httpx.Response]:
        room = httpx.Limits(max_connections=len(urls))
        async with httpx.AsyncClient(
            headers=SAME_ORIGIN, limits=room, timeout=30, verify=NO_TLS
        ) as client:
            both = zip(people, urls, strict=True)
            return await asyncio.gather(*(one(client, *pair) for pair in both))

    answers = asyncio.run(all_of_them())
    assert {answer.status_code for answer in answers} == {303}
    return Counter(answer.headers["location"] for answer in answers)
