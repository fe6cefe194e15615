"""Health and the log tell that the messages of a day are running out, before nobody gets any."""

from collections.abc import Callable
from time import sleep
from typing import Any

import pytest

from app.domain.health import KEPT
from tests.crowd import sql
from tests.faults.staged import until
from tests.person import Person, new_email
from tests.product import Product
from tests.recovering import ask

TEN = """
texts_in_all = { windows = [[86400, 10]] }
mails_in_all = { windows = [[3600, 100], [86400, 10]] }
"""
SENT = """
WITH anew AS (DELETE FROM send_counts)
INSERT INTO deliveries (id, channel, template, destination, address, network, state, expires_at,
                        created_at)
SELECT gen_random_uuid(), $1, 'code', 'someone', $2, $2, 'sent', clock_timestamp(),
       clock_timestamp() - $3 * interval '1 hour' FROM generate_series(1, $4)
"""
RUNNING_OUT, USED = "messages of the day are running out", "all messages of the day are used"
CHANNELS = [("texts", "sms"), ("mails", "email")]


@pytest.fixture
def product(another_product: Callable[..., Product]) -> Product:
    return another_product(limits=TEN)


def sent(product: Product, channel: str, times: int, address: str = "", hours: int = 2) -> None:
    sql(product, SENT, channel, address or "203.0.113.7/32", hours, times)


def found(product: Product, name: str) -> tuple[str, str]:
    """What health says and notes of it, not what it said a moment ago."""
    sleep(KEPT)
    person = Person(product)
    answer: dict[str, Any] = person.get(f"/health/{name}").response.json()
    assert (person.page and person.page.status) == 200
    [fact] = answer["checks"][f"{name}:state"]
    return fact["status"], fact["output"]


def logged(product: Product, event: str, channel: str) -> int:
    lines = product.log.read_text().splitlines()
    return sum(f'"{event}"' in line and f'"channel":"{channel}"' in line for line in lines)


@pytest.mark.parametrize(("name", "channel"), CHANNELS)
def test_it_is_told_at_eighty_percent_and_at_the_end(
    product: Product, name: str, channel: str
) -> None:
    sent(product, channel, 7)
    assert found(product, name) == ("pass", "7 of 10 in 24 hours")
    assert logged(product, RUNNING_OUT, channel) == 0
    sent(product, channel, 1)
    for _ in range(2):
        assert found(product, name) == ("warn", "8 of 10 in 24 hours")
    sent(product, channel, 2)
    assert found(product, name) == ("warn", "10 of 10 in 24 hours")
    assert logged(product, RUNNING_OUT, channel) == logged(product, USED, channel) == 1


def test_notices_and_yesterdays_messages_are_left_out(product: Product) -> None:
    sql(product, SENT, "email", "", 2, 9)
    sent(product, "email", 9, hours=25)
    sent(product, "sms", 9)
    ask(Person(product), new_email())
    assert found(product, "mails") == ("pass", "1 of 10 in 24 hours")


def test_the_log_tells_it_where_nobody_looks_at_health(product: Product) -> None:
    sent(product, "email", 8)
    product.kill()
    product.start()
    until(lambda: logged(product, RUNNING_OUT, "email") > 0)
