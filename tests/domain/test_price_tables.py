"""The tables of prices: what is not a whole catalogue is refused at commit; what is stays so."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from tests.faults.staged import ask
from tests.stores import Stores

BEGIN = "INSERT INTO catalogues (effective_from) VALUES ('2027-01-01')"
# Of the version that the sequence gave last: two plans, month and year in two currencies.
VERSION = "(SELECT max(version) FROM catalogues)"
PLANS = f"""
INSERT INTO plans SELECT {VERSION}, c, p, c, c, p = 1 FROM (VALUES ('a', 0), ('b', 1)) v(c, p)
"""
PRICES = f"""
INSERT INTO prices SELECT {VERSION}, plan, i, currency, position, 100
FROM (VALUES ('a'), ('b')) p(plan), (VALUES ('month'), ('year')) i(i),
     (VALUES ('USD', 0), ('JPY', 1)) c(currency, position)
"""  # fmt: skip
WHOLE = (BEGIN, PLANS, PRICES)
ONE = f"version = {VERSION} AND plan = 'a' AND interval = 'month' AND currency = 'USD'"
COMMIT = "is not whole"

# What is done after all of it, in the same transaction; what the refusal names.
REFUSED = [
    (f"UPDATE prices SET amount_minor = -1 WHERE {ONE}", "amount_is_not_negative"),
    (f"DELETE FROM prices WHERE {ONE}", COMMIT),
    (f"DELETE FROM prices WHERE version = {VERSION}", COMMIT),
    (f"UPDATE plans SET highlighted = true WHERE version = {VERSION}", "uq_plans_highlighted"),
    (f"INSERT INTO prices SELECT * FROM prices WHERE {ONE}", "pk_prices"),
    (f"UPDATE prices SET interval = 'week' WHERE {ONE}", "interval_is_known"),
    (f"UPDATE prices SET currency = 'usd' WHERE {ONE}", "currency_is_iso_4217"),
    (f"UPDATE prices SET currency = 'EUR' WHERE {ONE}", COMMIT),
    (f"UPDATE prices SET position = 7 WHERE {ONE}", COMMIT),
    (f"UPDATE prices SET plan = 'c' WHERE {ONE}", "fk_prices_version_plans"),
    (f"INSERT INTO plans VALUES ({VERSION}, 'c', 2, 'C', 'C', false)", COMMIT),
    (f"INSERT INTO plans VALUES ({VERSION}, 'C', 2, 'C', 'C', false)", "code_is_plain"),
    (f"INSERT INTO plans VALUES ({VERSION}, 'c', 1, 'C', 'C', false)", "uq_plans_version"),
    (f"INSERT INTO features VALUES ({VERSION}, 'F', 0, 'F')", "code_is_plain"),
    (f"INSERT INTO plan_features VALUES ({VERSION}, 'a', 'f', '')", "version_features"),
    (BEGIN, "uq_catalogues_effective_from"),
    ("INSERT INTO catalogues (effective_from) VALUES ('2028-01-01')", COMMIT),
    ("INSERT INTO catalogues (effective_from) VALUES (NULL)", "effective_from"),
]
# What is done to a version that was published before.
UNDOING = [
    f"DELETE FROM prices WHERE {ONE}",
    "DELETE FROM prices",
    f"UPDATE prices SET currency = 'EUR' WHERE {ONE}",
    f"UPDATE prices SET amount_minor = 1 WHERE {ONE}",
    "UPDATE catalogues SET effective_from = now()",
    "UPDATE plans SET name = 'Other'",
    "INSERT INTO plans SELECT version, 'c', 9, '', '', false FROM catalogues",
    f"INSERT INTO features VALUES ({VERSION}, 'f', 0, 'F')",
    "TRUNCATE prices",
    "TRUNCATE catalogues CASCADE",
]
# Moved to a version of one's own it would be missing where it was.
MOVED = f"""
UPDATE prices SET version = {VERSION} WHERE version = (SELECT min(version) FROM catalogues)
"""
HISTORY = "published prices are history"


@pytest.fixture(scope="module")
def published(stores: Stores) -> Iterator[str]:
    """Where one whole version is."""
    url = stores.new_database()
    asyncio.run(in_one_transaction(url, *WHOLE))
    yield url
    assert ask(url, "SELECT count(*) FROM prices")[0]["count"] == 8, "nothing was ever undone"


@pytest.fixture(scope="module")
def empty(stores: Stores) -> Iterator[str]:
    url = stores.new_database()
    yield url
    assert ask(url, "SELECT count(*) FROM catalogues")[0]["count"] == 0, "nothing was kept"


async def in_one_transaction(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(("statement", "named"), REFUSED, ids=range(len(REFUSED)))
async def test_nonsense_is_refused(empty: str, statement: str, named: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=named):
        await in_one_transaction(empty, *WHOLE, statement)


async def test_a_version_without_anything_is_refused(empty: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match=COMMIT):
        await in_one_transaction(empty, BEGIN)


@pytest.mark.parametrize("statement", UNDOING, ids=range(len(UNDOING)))
async def test_a_published_version_stays_as_it_is(published: str, statement: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match=HISTORY):
        await in_one_transaction(published, statement)


async def test_nothing_is_moved_out_of_a_published_version(published: str) -> None:
    begin = "INSERT INTO catalogues (effective_from) VALUES ('2028-01-01')"
    with pytest.raises(asyncpg.CheckViolationError, match=HISTORY):
        await in_one_transaction(published, begin, PLANS, MOVED)


async def test_it_is_whole_in_whatever_order_it_was_written(stores: Stores) -> None:
    url = await asyncio.to_thread(stores.new_database)
    odd = f"DELETE FROM prices WHERE {ONE}"
    again = f"INSERT INTO prices VALUES ({VERSION}, 'a', 'month', 'USD', 0, 5)"
    await in_one_transaction(url, *WHOLE, odd, again)
