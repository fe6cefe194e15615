"""Sessions as a browser holds them: two cookies, sent with nothing else; and many such at once."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.crowd import sql
from tests.person import SAME_ORIGIN, Person, new_email, new_phone
from tests.product import NO_TLS, Product

PASSWORD = "seven otters paint slowly"
TOKEN = re.compile(r"(access|refresh)=([^;]+)")
SESSION = "SELECT * FROM sessions WHERE id = $1"


@dataclass(frozen=True)
class Held:
    """Either may be '', for what has run out or was taken away."""

    access: str
    refresh: str

    @property
    def cookie(self) -> str:
        pairs = (("access", self.access), ("refresh", self.refresh))
        return "; ".join(f"{name}={value}" for name, value in pairs if value)

    def only(self, name: str) -> "Held":
        return Held(**{"access": "", "refresh": "", name: getattr(self, name)})


@dataclass(frozen=True)
class Owner:
    """Someone with an account."""

    product: Product
    phone: str
    email: str

    @classmethod
    def sign_up(cls, product: Product) -> "Owner":
        owner = cls(product, new_phone(), new_email())
        assert Person(product).sign_up(owner.phone, owner.email).path == "/signup/done"
        return owner

    def sign_in(self, product: Product | None = None) -> Person:
        """In a browser that holds nothing else."""
        person = Person(product or self.product)
        landed = person.submit("/login/password", email=self.email, password=PASSWORD)
        assert landed.path == "/account"
        return person

    def sign_in_by_phone(self) -> Person:
        person, had = Person(self.product), len(self.product.codes_for(self.phone))
        person.submit("/login/phone", phone=self.phone)
        landed = person.submit("/login/phone-code", code=self.product.code_for(self.phone, had))
        assert landed.path == "/account"
        return person

    def hold(self) -> Held:
        """A session of its own."""
        return held_by(self.sign_in())


def held_by(person: Person) -> Held:
    return Held(person.http.cookies["access"], person.http.cookies["refresh"])


def ask(product: Product, held: Held, path: str = "/account") -> httpx.Response:
    [answer] = ask_at_once([product], held, path)
    return answer


def ask_at_once(
    products: Sequence[Product], held: Held | Sequence[Held], path: str = "/account"
) -> list[httpx.Response]:
    """One request to each of `products`."""
    asked = [held] * len(products) if isinstance(held, Held) else held
    return send_at_once(
        [request("GET", one, path, each.cookie) for one, each in zip(products, asked, strict=True)]
    )


def request(method: str, product: Product, path: str, cookie: str, **fields: str) -> httpx.Request:
    headers = {**SAME_ORIGIN, "cookie": cookie}
    return httpx.Request(method, product.url + path, headers=headers, data=fields or None)


def send_at_once(requests: Sequence[httpx.Request]) -> list[httpx.Response]:
    """All of them under way before the first is answered."""
    return asyncio.run(_sent(requests))


async def _sent(requests: Sequence[httpx.Request]) -> list[httpx.Response]:
    room = httpx.Limits(max_connections=len(requests))
    async with httpx.AsyncClient(limits=room, timeout=30, verify=NO_TLS) as client:
        # Opened first, so that connecting does not put them one behind the other.
        await asyncio.gather(*(client.get(one.url.join("/health/live")) for one in requests))
        return await asyncio.gather(*(client.send(one) for one in requests))


def given(answer: httpx.Response) -> Held:
    """The tokens that an answer sets; '' where it sets none."""
    found = dict(TOKEN.findall("\n".join(answer.headers.get_list("set-cookie"))))
    return Held(found.get("access", ""), found.get("refresh", ""))


def is_out(answer: httpx.Response) -> bool:
    """Led to the sign-in, as whoever has no session is."""
    return answer.status_code == 303 and answer.headers["location"].startswith("/login")


def session(product: Product, session_id: str) -> Any:
    """Its row."""
    [row] = sql(product, SESSION, session_id)
    return row
