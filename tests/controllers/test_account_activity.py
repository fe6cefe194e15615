"""What happened to an account, as its owner reads it."""

import re

import pytest

from app.domain.account.activity import PAGE_SIZE
from tests.crowd import sql
from tests.holder import Holder
from tests.pages import Page
from tests.person import Person
from tests.product import Product

HERE = "/account/activity"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
WHO = "SELECT id FROM users WHERE phone = $1"
RECORD = """
INSERT INTO audit_events (event, user_id, details, network)
SELECT $1, $2, $3, $4 FROM generate_series(1, $5::integer)
"""
RECORD_AT_ONCE = """
INSERT INTO audit_events (event, user_id, at)
SELECT 'plan:given_up', $1, statement_timestamp() FROM generate_series(1, $2::integer)
"""


@pytest.fixture
def holder(product: Product) -> Holder:
    return Holder(product)


def record(
    holder: Holder, event: str, details: str = "{}", network: str | None = None, times: int = 1
) -> None:
    """As if it had happened to them, so often."""
    [row] = sql(holder.product, WHO, holder.phone)
    sql(holder.product, RECORD, event, row["id"], details, network, times)


def entries(person: Person, path: str = HERE) -> list[str]:
    """What the page tells, as it is headed."""
    headings = re.findall(r"<li>\s*<h2>(.*?)</h2>", person.get(path).html, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", "", one).split()) for one in headings]


def text(person: Person, path: str = HERE) -> str:
    return Page("activity", person.get(path).html).text


def test_it_is_told_in_sentences_the_newest_first(holder: Holder) -> None:
    holder.elsewhere()
    holder.by_phone()
    holder.submit("/account/password", password="nine otters paint slowly")
    assert entries(holder) == [
        "Password changed",
        "Signed out everywhere else",
        "Signed in with a code by text New device",
        "Signed in with your password New device",
        "Signed in New device",
        "Account created",
    ]


def test_it_tells_the_device_the_network_and_where_to_go_otherwise(holder: Holder) -> None:
    other = Person(holder.product)
    other.http.headers["user-agent"] = FIREFOX
    other.submit("/login/password", email=holder.email, password="seven otters paint slowly")
    record(holder, "session:replayed", network="2001:db8:7::/48")
    page = holder.get(HERE)
    told = Page("activity", page.html).text
    assert page.response.headers["cache-control"] == "no-store"
    assert "Firefox on Linux" in told
    assert "</time>, on the network you’re on now" in page.html
    assert "2001:db8:7:x" in told
    assert '<a href="/account/sessions">This wasn’t me' in page.html
    assert '<a href="/account/password">This wasn’t me' in page.html
    assert 'href="/account/activity"' in holder.get("/account").html


def test_a_device_that_was_used_before_is_not_new(holder: Holder) -> None:
    holder.submit(
        "/login/password?instead", email=holder.email, password="seven otters paint slowly"
    )
    assert entries(holder)[:2] == ["Session ended", "Signed in with your password"]


def test_support_is_told_without_names(holder: Holder) -> None:
    record(holder, "person:shown", '{"by": "Ada Lovelace"}')
    record(holder, "person:signed_out", '{"by": "Ada Lovelace", "count": 2}')
    told = text(holder)
    assert entries(holder)[:2] == [
        "Support signed you out everywhere",
        "Support looked at your account",
    ]
    assert "Lovelace" not in told


def test_a_download_is_told(holder: Holder) -> None:
    assert '"event": "account:exported"' in holder.get("/account/data").html
    assert entries(holder)[0] == "Data downloaded"


def test_nobody_else_is_told_and_what_is_not_theirs_is_not(holder: Holder) -> None:
    other = Holder(holder.product)
    record(other, "account:phone_changed")
    record(holder, "identity:used")
    assert entries(holder) == ["Signed in New device", "Account created"]
    assert Person(holder.product).get(HERE).location == f"/login?return_to={HERE}"


def walk(person: Person) -> list[list[str]]:
    """All pages, from the newest to the oldest."""
    pages, path = [], HERE
    while path:
        pages.append(entries(person, path))
        html = person.get(path).html
        assert (f'href="{HERE}">Newest' in html) == (path != HERE)
        older = re.search(rf'href="({HERE}\?before=[0-9]+-[0-9]+)" rel="next"', html)
        path = older[1] if older else ""
    return pages


def test_older_ones_are_on_pages_of_their_own(holder: Holder) -> None:
    record(holder, "plan:given_up", times=2 * PAGE_SIZE)
    pages = walk(holder)
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 2]
    assert pages[-1] == ["Signed in New device", "Account created"]


def test_none_of_one_moment_is_skipped_at_the_end_of_a_page(holder: Holder) -> None:
    [row] = sql(holder.product, WHO, holder.phone)
    sql(holder.product, RECORD_AT_ONCE, row["id"], 2 * PAGE_SIZE + 3)
    record(holder, "plan:chosen", times=PAGE_SIZE - 1)
    told = [one for page in walk(holder) for one in page]
    assert told.count("Plan removed") == 2 * PAGE_SIZE + 3
    assert told[-2:] == ["Signed in New device", "Account created"]


def test_an_address_with_the_time_alone_is_of_what_was_before_it(holder: Holder) -> None:
    [row] = sql(holder.product, WHO, holder.phone)
    sql(holder.product, RECORD_AT_ONCE, row["id"], PAGE_SIZE + 1)
    older = re.search(r"before=([0-9]+)-", holder.get(HERE).html)
    assert older
    expected = ["Signed in New device", "Account created"]
    assert entries(holder, f"{HERE}?before={older[1]}") == expected


@pytest.mark.parametrize(
    "before", ["", "x", "-1", "1e3", "9" * 40, "%D9%A1", "1-", "1-x", "1-1-1", "0", "0-7"]
)
def test_what_is_no_time_is_the_newest(holder: Holder, before: str) -> None:
    seen = holder.get(f"{HERE}?before={before}")
    assert seen.status == 200
    empty = "Nothing to show here" in seen.html
    assert empty == before.startswith("0"), "before the first second there was nothing"
