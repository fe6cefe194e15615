"""Prices while stores are down, slow or lie: the right page each time, with the right sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest

from app.domain.pricing.money import display
from app.domain.pricing.versions import decode_snapshot
from tests.faults.outages import broken
from tests.faults.staged import PAGE, ask, locked, until, waiting
from tests.price_files import catalogue
from tests.product import Product
from tests.shop import Shop, copy_of, published_in
from tests.shown_prices import API, CACHED, HTMX, PLANS, every_form, told
from tests.stores import Stores

SHOWN = {
    (plan.name, interval.value): display(amounts["USD"], "USD")
    for plan in catalogue().plans
    for interval, amounts in plan.prices.items()
}
ASK = "We can’t show prices right now, but here are the plans. Ask us for prices"
WARM = ["postgres stopped", "valkey stopped", "postgres and valkey stopped", "valkey suspended",
        "postgres suspended"]  # fmt: skip


@pytest.fixture(scope="module")
def served(own_stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder, url = tmp_path_factory.mktemp("prices"), own_stores.new_database()
    published_in(url)
    with Product(folder, url, f"{own_stores.redis_url}?db=2") as product:
        yield product


@pytest.fixture(scope="module")
def shop(own_stores: Stores, served: Product) -> Shop:
    copy = served.folder / ".latchkey" / "prices.json"
    until(copy.exists)
    return Shop(own_stores, served.env["DATABASE_URL"], 2, copy)


def source_of(product: Product) -> str:
    return str(told(product, API).answer.json()["source"])


def sentence(moment: datetime) -> str:
    spoken = f"{moment:%d %B %Y}".lstrip("0")
    return (
        f"Prices as of {spoken}. They may have changed since: we confirm the price before you buy."
    )


def all_of_it(product: Product, *notes: str) -> None:
    """Page, fragment and JSON, each whole and at once, with these sentences and no others."""
    began = monotonic()
    page, fragment, api = every_form(product)
    assert monotonic() - began < PAGE
    assert [each.answer.status_code for each in (page, fragment, api)] == [200] * 3
    assert page.notes == fragment.notes == list(notes)
    priced = notes != (ASK,)
    assert page.visible == fragment.visible == (SHOWN if priced else {})
    assert len(api.api) == (2 if priced else 0)
    for each in (page, fragment, api):
        assert each.answer.headers["cache-control"] == (CACHED if priced else "no-store")
        assert "x-content-type-options" in each.answer.headers
    assert ("Confirm price" in page.html) == any("as of" in note for note in notes)


@pytest.mark.parametrize("how", WARM)
def test_who_knows_the_prices_goes_on_and_recovers(
    own_stores: Stores, served: Product, shop: Shop, how: str
) -> None:
    until(lambda: source_of(served) == "database")
    with broken(own_stores, served, how):
        all_of_it(served)
        if "postgres" not in how:
            version = published_in(shop.database_url)
            until(lambda: told(served, API).answer.json()["version"] == version)
        all_of_it(served)
    version = published_in(shop.database_url)
    until(lambda: told(served, API).answer.json()["version"] == version)
    all_of_it(served)


# A copy that was cut off, and none at all.
HALF, NO_COPY = -1, None
# What is down at the start, the age in days of the copies that were left in Redis and on disk, and
# what is told then: nothing, the age of the copy, or that prices have to be asked for. Where they
# are from.
COLD = [
    ("valkey suspended", NO_COPY, HALF, "", "database"),
    ("postgres stopped", 0, NO_COPY, "", "redis"),
    ("postgres stopped", HALF, 1, "old", "disk"),
    ("postgres and valkey stopped", NO_COPY, 1, "old", "disk"),
    ("postgres and valkey suspended", NO_COPY, 1, "old", "disk"),
    ("postgres and valkey stopped", NO_COPY, HALF, "none", "built-in"),
]


def left(days: int | None) -> bytes:
    """The copy as it is when the test begins: made at import it might be an old one by then."""
    if days is NO_COPY:
        return b""
    return copy_of(timedelta())[:200] if days == HALF else copy_of(timedelta(days=days))


@pytest.mark.parametrize(("how", "redis", "disk", "state", "source"), COLD, ids=range(len(COLD)))
def test_a_cold_start_shows_what_can_be_had(
    own_stores: Stores, served: Product, shop: Shop, how: str, redis: int | None,
    disk: int | None, state: str, source: str,
) -> None:  # fmt: skip
    served.kill()
    shared, saved = left(redis), left(disk)
    shop.share(shared)
    shop.copy.write_bytes(saved)
    copy = decode_snapshot(saved) or decode_snapshot(shared)
    notes = {"": [], "none": [ASK], "old": [copy and sentence(copy.as_of)]}[state]
    with broken(own_stores, served, how):
        served.start()
        until(lambda: source_of(served) == source)
        all_of_it(served, *filter(None, notes))
        until(lambda: health(served) == ("warn" if state else "pass"))  # it is kept for 2 s
    until(lambda: source_of(served) == "database")
    all_of_it(served)
    until(lambda: shop.saved is not None and shop.shared is not None)


def health(product: Product) -> str:
    answer = told(product, "/health/pricing").answer
    assert answer.status_code == 200
    return str(answer.json()["status"])


@contextmanager
def cold(served: Product, shop: Shop) -> Iterator[None]:
    """It has just started, without a copy, and looks for its first prices."""
    served.kill()
    shop.forget()
    shop.copy.unlink()
    with locked(shop.database_url, "catalogues"):
        served.start()
        yield


def test_a_cold_page_keeps_the_place_until_the_prices_come(served: Product, shop: Shop) -> None:
    for _ in range(3):  # a busy machine is late now and then
        with cold(served, shop):
            began = monotonic()
            place = told(served, "/pricing")
            took = monotonic() - began
        if took < 1:
            break
        until(lambda: shop.saved is not None)
    assert took < 1
    assert (place.answer.status_code, place.visible) == (200, {})
    assert place.answer.headers["cache-control"] == "no-store"
    assert f'hx-get="{PLANS}"' in place.html
    assert "Loading prices" in place.html
    until(lambda: told(served, PLANS, **HTMX).visible == SHOWN)
    until(lambda: shop.saved is not None)


JPY = "?period=year&currency=JPY&chosen=yes"
HOSTILE = '?period="><b id=planted>&currency=%00%0a%22planted&chosen=planted'


def test_a_cold_page_keeps_what_was_asked_for(served: Product, shop: Shop) -> None:
    with cold(served, shop):
        place = told(served, f"/pricing{JPY}").unescaped
        hostile = told(served, f"/pricing{HOSTILE}").html
    assert f'hx-get="{PLANS}{JPY}"' in place
    assert f'href="/pricing{JPY}"' in place
    assert 'rel="canonical"' in place
    assert "noindex" not in place
    assert f'hx-get="{PLANS}"' in hostile
    assert "planted" not in hostile
    until(lambda: shop.saved is not None)


def test_prices_that_cannot_be_read_are_in_nobodys_way(served: Product, shop: Shop) -> None:
    until(lambda: source_of(served) == "database")
    before = ask(shop.database_url, OURS)[0]["count"]
    with locked(shop.database_url, "catalogues"):
        until(lambda: waiting(shop.database_url) > 0)
        ended = monotonic() + 4  # seconds: a statement is given up after two
        seen, most = set(), 0
        while monotonic() < ended:
            seen.add(told(served, "/health/postgres").answer.status_code)
            most = max(most, waiting(shop.database_url))
            sleep(0.05)
        assert seen == {200}
        assert most == 1
        assert ask(shop.database_url, OURS)[0]["count"] <= before + 1
    all_of_it(served)


OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'latchkey'"


def test_prices_to_come_are_shown_from_their_moment_on(served: Product, shop: Shop) -> None:
    published_in(shop.database_url)
    moment = datetime.now(UTC) + timedelta(seconds=3)
    version = published_in(shop.database_url, ("9.50", "9"), at=moment)
    seen = []
    while datetime.now(UTC) < moment + timedelta(seconds=1):
        asked = datetime.now(UTC)
        body = told(served, API).answer.json()
        seen.append((asked, datetime.now(UTC), body["version"]))
    assert all(each != version for _, answered, each in seen if answered < moment)
    assert all(each == version for asked, _, each in seen if asked >= moment)
    published_in(shop.database_url)
