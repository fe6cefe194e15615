"""Light pages: what the wire carries for a first visit and for each next step, headers and all."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.domain.languages import CATALOGUES
from tests.journeys.conftest import Both
from tests.journeys.visitor import Visitor
from tests.person import Person, new_email, new_phone

FIRST, NEXT = 25 * 1024, 3 * 1024  # bytes
HTMX = {"hx-request": "true"}


LOADED = re.compile('(?:href|src)="(/static/[^"]+)"')
# Of each answer over https, which these are not.
HSTS = len("strict-transport-security: max-age=63072000; includeSubDomains; preload\r\n")


class Scale:
    """Counts every byte of every answer, redirects too; not what a page that stays open asks."""

    def __init__(self) -> None:
        self.bytes = 0
        self._polls: set[str] = set()

    async def put_under(self, visitor: Visitor) -> None:
        page = visitor.tab.page
        wire = await page.context.new_cdp_session(page)
        wire.on("Network.requestWillBeSent", self._asked)
        wire.on("Network.loadingFinished", self._answered)
        await wire.send("Network.enable")

    def taken(self) -> int:
        taken, self.bytes = self.bytes, 0
        return taken

    def _asked(self, event: Any) -> None:
        if event["request"]["url"].endswith("/delivery"):
            self._polls.add(event["requestId"])
        redirect = event.get("redirectResponse")
        self.bytes += int(redirect["encodedDataLength"]) if redirect else 0

    def _answered(self, event: Any) -> None:
        if event["requestId"] not in self._polls:
            self.bytes += int(event["encodedDataLength"])


async def test_a_browser_loads_little_at_a_first_visit(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        scale = Scale()
        await scale.put_under(visitor)
        await visitor.open("/signup/phone")
        await visitor.tab.page.wait_for_load_state("networkidle")
        weight = scale.taken()
        assert 4 * 1024 < weight <= FIRST

    await both(journey)


async def test_each_next_step_weighs_hardly_anything(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        scale, weights = Scale(), []
        await visitor.open("/signup/phone")
        await scale.put_under(visitor)
        steps = (visitor.give_phone, visitor.give_phone_code, visitor.give_email)
        for way in (*steps, visitor.give_email_code):
            await way()
            weights.append(scale.taken())
        assert all(500 < weight <= NEXT for weight in weights), weights

    await both(journey)


@pytest.mark.parametrize("brand", ["product", "acme"])
def test_no_language_and_no_brand_weighs_more(brand: str, request: pytest.FixtureRequest) -> None:
    person = Person(request.getfixturevalue(brand))
    files = weigh_files(person)
    too_heavy = []
    for step in walk_steps(person):
        for language in CATALOGUES:
            page, part = (weigh(person, step, language, **how) for how in ({}, HTMX))
            if not 4096 < page + files <= FIRST or not 500 < part <= NEXT:
                too_heavy.append((step, language, page + files, part))
    assert too_heavy == []


def walk_steps(person: Person) -> Iterator[str]:
    """Each of them once the person has come to it."""
    phone, email = new_phone(), new_email()
    yield "phone"
    person.give_phone(phone)
    yield "phone-code"
    person.give_phone_code(phone)
    yield "email"
    person.give_email(email)
    yield "email-code"
    person.give_email_code(email)
    yield "password"


def weigh_files(person: Person) -> int:
    """All that a step loads, with the cookies of a first answer."""
    page = person.get("/signup/phone")
    cookies = sum(len(cookie) + 14 for cookie in page.response.headers.get_list("set-cookie"))
    assert cookies > 0
    loaded = [person.http.get(url) for url in {*LOADED.findall(page.html)}]
    assert len(loaded) == 4
    return cookies + sum(map(size, loaded))


def weigh(person: Person, step: str, language: str, **headers: str) -> int:
    return size(person.get(f"/signup/{step}", **headers, **{"accept-language": language}).response)


def size(answer: httpx.Response) -> int:
    """Of an answer, as it was on the wire."""
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    return len("HTTP/1.1 200 OK\r\n\r\n") + head + HSTS + answer.num_bytes_downloaded
