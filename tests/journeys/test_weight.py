"""Light pages: what the wire carries for a first visit and for each next step, headers and all."""

from typing import Any

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.visitor import Visitor

FIRST, NEXT = 25 * 1024, 3 * 1024  # bytes
STEPS = ("phone", "phone-code", "email", "email-code", "password")


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


@pytest.mark.parametrize("step", STEPS)
async def test_a_first_visit_weighs_little(visit: Visit, step: str) -> None:
    visitor, scale = await visit(), Scale()
    await scale.put_under(visitor)
    await (visitor.open("/signup/phone") if step == "phone" else visitor.come_to(step))
    await visitor.tab.page.wait_for_load_state("networkidle")
    weight = scale.taken()
    assert 4 * 1024 < weight <= FIRST


async def test_each_next_step_weighs_hardly_anything(visit: Visit) -> None:
    visitor, scale = await visit(), Scale()
    await visitor.open("/signup/phone")
    await scale.put_under(visitor)
    weights = []
    steps = (visitor.give_phone, visitor.give_phone_code, visitor.give_email)
    for way in (*steps, visitor.give_email_code):
        await way()
        weights.append(scale.taken())
    assert all(500 < weight <= NEXT for weight in weights), weights
