"""The day’s budget of texts holds over two servers; who asks for more is told the other ways."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from app.domain.errors import Unavailable
from app.domain.limit_refusals import TextsStopped
from tests.crowd import sql
from tests.person import Person, new_phone
from tests.product import GENEROUS, NO_TLS, PATIENCE, Product
from tests.stores import Stores

PRICES = """
as_of = 2026-11-30
currency = "USD"
regions = { AU = { text = 0.05, call = 0.1 } }
other = { text = 0.05, call = 0.1 }
"""
MOST, AT_ONCE = 30, 200  # texts
PATH = "/api/v1/signup/phone"
SPENT = "SELECT count(*), sum(cost)::int AS cost FROM deliveries"
ANEW = "TRUNCATE deliveries, text_spending"
REFUSED = "SELECT details FROM audit_events WHERE event = 'signup:send_refused'"


@pytest.fixture(scope="module")
def servers(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Product]]:
    """Two of one deployment."""
    folder, url = tmp_path_factory.mktemp("budgeted"), stores.new_database()
    (folder / "prices.toml").write_text(PRICES)
    env = {
        "SMS_PRICES_FILE": str(folder / "prices.toml"),
        "SMS_DAILY_BUDGET": f"{MOST * 0.05:.2f} USD",
    }
    two = [
        Product(folder / str(n), url, f"{stores.redis_url}?db=8", limits=GENEROUS, **env)
        for n in range(2)
    ]
    try:
        yield [each.start() for each in two]
    finally:
        for each in two:
            each.close()


async def ask_at_once(servers: list[Product], times: int) -> Counter[str]:
    """How often each code was answered, '' for a text that is on its way."""
    room = httpx.Limits(max_connections=times)
    async with httpx.AsyncClient(limits=room, timeout=PATIENCE, verify=NO_TLS) as client:
        posts = (
            client.post(f"{servers[n % 2].url}{PATH}", json={"phone": new_phone()})
            for n in range(times)
        )
        answers = await asyncio.gather(*posts)
    return Counter(each.json().get("code", "") for each in answers)


def test_two_hundred_at_two_servers_spend_no_more_than_the_budget(servers: list[Product]) -> None:
    sql(servers[0], ANEW)
    answers = asyncio.run(ask_at_once(servers, AT_ONCE))
    assert answers[""] <= MOST
    assert answers[TextsStopped.code] > 0
    assert answers.keys() <= {"", TextsStopped.code, Unavailable.code}  # on a busy machine
    for _ in range(MOST - answers[""] + 1):
        last = asyncio.run(ask_at_once(servers, 1))
    assert last == {TextsStopped.code: 1}
    [(count, cost)] = sql(servers[0], SPENT)
    assert (count, cost) == (MOST, MOST * 50_000)


def test_who_asks_then_is_told_and_loses_nothing(servers: list[Product]) -> None:
    sql(servers[0], ANEW)
    person, phone = Person(servers[0]), new_phone()
    person.give_phone(phone)
    sql(servers[0], "UPDATE text_spending SET spent = 1500000 WHERE shard = 1")
    for other in (Person(servers[1]), Person(servers[0])):
        other.get("/signup/phone")
        refused = other.post("/signup/phone", phone=new_phone())
        assert refused.status == 503
        assert str(TextsStopped.message) in refused.alert
        assert "retry-after" not in refused.response.headers
    assert sql(servers[0], REFUSED)[0]["details"] == '{"limit": "sms_daily_budget"}'
    assert person.give_phone_code(phone).path == "/signup/email"
