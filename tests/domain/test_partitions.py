"""Messages and audit events by month: made ahead, dropped when they are over, never in the way."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg
import pytest

from app.adapters.postgres import Postgres
from app.domain.cleanup import Partitions, find_gaps, keep_partitions
from tests.faults.staged import ask, held
from tests.stores import Stores
from tests.turned_clock import TurnedClock, turned_stores

DAY = 86400.0
NAMES = "SELECT name FROM list_partitions() WHERE parent = $1"
MESSAGE = """
INSERT INTO deliveries
  (id, channel, template, destination, address, network, created_at, expires_at)
VALUES (gen_random_uuid(), 'sms', 'phone_code', '+46701740605', '192.0.2.1', '', {at}, {at})
RETURNING tableoid::regclass::text AS kept
"""
EVENT = """
INSERT INTO audit_events (event, at) VALUES ('signup:started', {at})
RETURNING tableoid::regclass::text AS kept
"""
# Of a server that ran in October of last year.
LONG_AGO = """
SELECT add_partition('audit_events', 'at', 'of_then', '2025-10-01Z', '2025-11-01Z'),
       add_partition('deliveries', 'created_at', 'of_then', '2025-10-01Z', '2025-11-01Z')
"""


def keep(url: str) -> Partitions:
    async def kept() -> Partitions:
        database = Postgres(url)
        await database.open()
        try:
            return await keep_partitions(database)
        finally:
            await database.close()

    return asyncio.run(kept())


def gaps(url: str) -> str:
    async def found() -> str:
        database = Postgres(url)
        await database.open()
        try:
            return await find_gaps(database)
        finally:
            await database.close()

    return asyncio.run(found())


def put(url: str, statement: str, at: str = "now()") -> str:
    """In which partition it is kept."""
    return str(ask(url, statement.format(at=at))[0]["kept"])


def months(url: str, parent: str = "audit_events") -> set[str]:
    return {row["name"].removeprefix(f"{parent}_") for row in ask(url, NAMES, parent)}


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def test_three_months_are_there_and_whatever_comes_in_others_is_kept(url: str) -> None:
    now = datetime.now(UTC)
    ahead = {
        f"{now.year + (now.month + n) // 12}_{(now.month + n) % 12 + 1:02}" for n in (-1, 0, 1)
    }
    for parent in ("deliveries", "audit_events"):
        assert months(url, parent) == ahead | {"default"}
    assert put(url, EVENT) == f"audit_events_{now:%Y_%m}"
    assert put(url, MESSAGE) == f"deliveries_{now:%Y_%m}"
    assert put(url, EVENT, "now() + interval '1 year'") == "audit_events_default"
    assert put(url, MESSAGE, "now() - interval '1 year'") == "deliveries_default"
    assert (keep(url), gaps(url)) == (Partitions([], []), "")


def test_a_month_that_was_missing_takes_what_came_meanwhile(url: str) -> None:
    month = f"{datetime.now(UTC):%Y_%m}"
    for parent in ("deliveries", "audit_events"):
        ask(url, f"DROP TABLE {parent}_{month}")
    assert gaps(url) == f"not there: audit_events_{month}, deliveries_{month}"
    assert put(url, EVENT) == "audit_events_default"
    assert put(url, MESSAGE) == "deliveries_default"
    assert keep(url) == Partitions([f"audit_events_{month}", f"deliveries_{month}"], [])
    assert ask(url, "SELECT count(*) FROM audit_events_default")[0]["count"] == 0
    assert ask(url, f"SELECT count(*) FROM deliveries_{month}")[0]["count"] == 1
    assert (put(url, EVENT), gaps(url)) == (f"audit_events_{month}", "")


def test_a_lot_that_came_meanwhile_stays_where_it_is(url: str) -> None:
    month = f"{datetime.now(UTC):%Y_%m}"
    ask(url, f"DROP TABLE audit_events_{month}")
    ask(url, "INSERT INTO audit_events (event) SELECT 'x:y' FROM generate_series(1, 10001)")
    assert keep(url) == Partitions([], [])
    assert gaps(url) == f"not there: audit_events_{month}"
    assert put(url, EVENT) == "audit_events_default"


def test_what_somebody_reads_is_left_for_the_next_round(url: str) -> None:
    ask(url, LONG_AGO)
    with held(url, "SELECT count(*) FROM audit_events"):
        assert keep(url).dropped == ["deliveries_of_then"]
    assert keep(url).dropped == ["audit_events_of_then"]


def test_a_month_has_all_that_its_table_has(url: str) -> None:
    ask(url, LONG_AGO)
    for parent in ("deliveries", "audit_events"):
        indexes = "SELECT count(*) FROM pg_index WHERE indrelid = $1::regclass"
        [of_parent], [of_month] = (
            ask(url, indexes, name) for name in (parent, f"{parent}_of_then")
        )
        assert of_month["count"] == of_parent["count"] + 1  # its ids are unique
    triggers = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'deliveries_of_then'::regclass"
    assert {row["tgname"] for row in ask(url, triggers)} == {
        "charge_for_text", "keep_young_deliveries",
    }  # fmt: skip


# As the release before removes what has expired.
BY_CTID = """
DELETE FROM deliveries WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM deliveries WHERE created_at < statement_timestamp() - interval '30 days'
))
"""


def test_the_release_before_takes_no_young_message_for_an_old_one(url: str) -> None:
    put(url, MESSAGE)
    put(url, MESSAGE, "now() - interval '31 days'")

    async def remove() -> str:
        connection = await asyncpg.connect(url)  # with no more rights than a server
        try:
            return str(await connection.execute(BY_CTID))
        finally:
            await connection.close()

    assert asyncio.run(remove()) == "DELETE 1"
    assert ask(url, "SELECT created_at > now() - interval '1 day' AS young FROM deliveries") == [
        (True,)
    ]


@pytest.fixture(scope="module")
def turned(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Stores, TurnedClock]]:
    with turned_stores(tmp_path_factory.mktemp("turned"), datetime(2027, 1, 20, tzinfo=UTC)) as one:
        yield one


def test_time_makes_months_and_drops_them(turned: tuple[Stores, TurnedClock]) -> None:
    stores, clock = turned
    url = stores.new_database()
    assert put(url, EVENT) == "audit_events_2027_01"
    assert put(url, MESSAGE) == "deliveries_2027_01"
    clock.turn_to(11 * DAY + DAY / 2)  # the last day of January
    assert keep(url) == Partitions([], [])
    clock.turn_to(13 * DAY)
    made = ["audit_events_2027_04", "deliveries_2027_04"]
    assert keep(url) == Partitions(made, [])
    clock.turn_to(41 * DAY + DAY / 2)  # the last second of January is not 30 days old
    assert keep(url).dropped == []
    clock.turn_to(43 * DAY)
    assert keep(url).dropped == ["deliveries_2027_01"]
    clock.turn_to(380 * DAY)  # 399 days after the first of January
    assert "audit_events_2027_01" not in keep(url).dropped
    clock.turn_to(382 * DAY)
    assert keep(url).dropped == ["audit_events_2027_01"]
    assert ask(url, "SELECT count(*) FROM audit_events")[0]["count"] == 0
