"""Stores that answer and take no writes: told by health and log in their own words, and over when
they take them again.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import httpx
import pytest

from app.adapters.outages import RESUMED
from tests.crowd import sql
from tests.faults.staged import until
from tests.person import Person, Seen, new_phone
from tests.product import GENEROUS, NO_TLS, Product

TOKEN = "token-of-the-operators"
# What PostgreSQL says of a disk that is full, word for word and with its code.
FULL = 'could not extend file "base/1/2": No space left on device'
FILL = f"""
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{FULL}' USING ERRCODE = '53100'; END $$;
"""
FILLED = "CREATE TRIGGER full_disk BEFORE INSERT ON deliveries EXECUTE FUNCTION fill()"


@pytest.fixture
def product(another_product: Callable[..., Product]) -> Product:
    return another_product(OPS_TOKEN=TOKEN, limits=GENEROUS)


def told(product: Product, name: str) -> tuple[str, str]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    asked = httpx.get(f"{product.url}/health/{name}", headers=headers, verify=NO_TLS)
    [[check]] = asked.json()["checks"].values()
    return check["status"], check.get("output", "")


def lines(product: Product, event: str) -> list[dict[str, Any]]:
    every = [json.loads(line) for line in product.log.read_text().splitlines() if "{" in line]
    return [line for line in every if line["event"] == event]


def is_ready(product: Product) -> bool:
    return httpx.get(f"{product.url}/health/ready", verify=NO_TLS).status_code == 200


def asks_for_a_text(product: Product) -> Seen:
    return Person(product).submit("/signup/phone", phone=new_phone())


@contextmanager
def full(product: Product) -> Iterator[None]:
    sql(product, FILL)
    sql(product, FILLED)
    yield
    sql(product, "DROP TRIGGER full_disk ON deliveries")


def test_a_full_disk_is_told_and_nobody_is_sent_away_from_the_server(product: Product) -> None:
    with full(product):
        for _ in range(3):
            assert asks_for_a_text(product).status == 503
        until(lambda: told(product, "postgres") == ("fail", f"takes no writes: {FULL}"))
        assert is_ready(product)
    [line] = lines(product, "PostgreSQL takes no writes")
    assert line["reason"] == FULL
    refused = lines(product, "unavailable")
    assert [(each["cause"], each["reason"]) for each in refused] == [("DiskFullError", FULL)] * 3
    requests = {line["request_id"]: line for line in lines(product, "request")}
    assert {requests[each["request_id"]]["refusal"] for each in refused} == {"unavailable"}
    sleep(RESUMED)
    assert asks_for_a_text(product).status == 200
    until(lambda: told(product, "postgres") == ("pass", ""))
    assert lines(product, "PostgreSQL takes writes again")


READ_ONLY = "ALTER DATABASE {} SET default_transaction_read_only = on"
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = $1 AND pid <> pg_backend_pid()"""


def test_a_database_that_may_only_be_read_is_told(product: Product) -> None:
    [[name]] = sql(product, "SELECT current_database()")
    sql(product, READ_ONLY.format(name))
    sql(product, OTHERS, name)
    why = "takes no writes: default_transaction_read_only is on"
    until(lambda: told(product, "postgres") == ("fail", why))
    assert is_ready(product)
    assert asks_for_a_text(product).status == 503
    assert lines(product, "PostgreSQL takes no writes")
