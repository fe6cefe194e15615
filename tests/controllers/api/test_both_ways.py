"""Each case by pages and by calls: the same outcome, refusals, audit, messages and events."""

from collections.abc import Iterator

import pytest

from app.domain.services import EVENT_TYPES
from tests.both_ways import ByCalls, ByPages, Story
from tests.client import Client
from tests.controllers.api.call_cases import CALL_CASES
from tests.controllers.api.cases import CASES, Case
from tests.crowd import sql
from tests.product import Product

RECEIVER = "INSERT INTO event_receivers VALUES ('everything', $1, '{openid,phone,email,plan}')"


@pytest.fixture(scope="module")
def observed(product: Product) -> Iterator[Product]:
    """Where events are written, which nobody sends."""
    sql(product, RECEIVER, list(EVENT_TYPES))
    yield product
    sql(product, "DELETE FROM event_receivers")
    sql(product, "DELETE FROM events")


@pytest.mark.parametrize("case", [*CASES, *CALL_CASES], ids=lambda case: case.name)
def test_pages_and_calls_are_alike(observed: Product, case: Case) -> None:
    by_pages = Story(observed, ByPages(observed), case.steps)
    pages = by_pages.tell(), by_pages.left()
    with Client(observed) as client:
        calls = ByCalls(client)
        by_calls = Story(observed, calls, case.steps)
        told, left = by_calls.tell(), by_calls.left()
    assert (told, left) == pages
    assert told[-1] == case.ends or (not case.ends and " " in told[-1])
    assert " ".join(calls.codes) == case.codes
    audit, sent, events = (
        " ".join(row[of] for row in left[kind])
        for kind, of in (("audit", 0), ("messages", 1), ("events", 0))
    )
    assert (audit, sent, events) == (case.audit, case.sent, case.events)
