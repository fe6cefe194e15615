"""Behind a real PgBouncer: all works once it is said so; else the start says what to set."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.adapters.postgres import Postgres
from app.adapters.postgres_connection import POOLED_STATEMENT as POOLED
from tests.commands.running import latchkey, typed
from tests.person import Person, new_email, new_phone
from tests.pgbouncer import PgBouncer
from tests.product import GENEROUS, Product
from tests.stores import Stores

PEOPLE = 8


@pytest.fixture(scope="module")
def pooler(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgBouncer]:
    """In transaction mode, and taking whatever is asked for as a session begins."""
    ignored = "statement_timeout,application_name,timezone"
    yield from started(stores, tmp_path_factory.mktemp("pooler"), "transaction", ignored)


@pytest.fixture(scope="module")
def strict(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgBouncer]:
    """As it comes: it refuses what it does not know."""
    yield from started(stores, tmp_path_factory.mktemp("strict"), "transaction")


@pytest.fixture(scope="module")
def by_session(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgBouncer]:
    yield from started(
        stores, tmp_path_factory.mktemp("by_session"), "session", "statement_timeout"
    )


def started(stores: Stores, folder: Path, mode: str, ignored: str = "") -> Iterator[PgBouncer]:
    server = PgBouncer(folder, stores.postgres.sockets, mode, ignored)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["pooler", "strict"])
def served(stores: Stores, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Product]:
    stores.valkey_flush(1)
    url = request.getfixturevalue(request.param).url_of(stores.new_database())
    redis = f"{stores.redis_url}?db=1"
    with Product(
        tmp_path / "served", url, redis, limits=GENEROUS, DATABASE_POOLER="transaction"
    ) as product:
        yield product


def test_sign_ups_and_sign_ins_work_behind_it(served: Product) -> None:
    with ThreadPoolExecutor(PEOPLE) as threads:
        ended = list(threads.map(lambda _: signed_up(served), range(PEOPLE)))
    assert ended == [("/signup/done", 200)] * PEOPLE
    assert Person(served).get("/health/ready").status == 200


def signed_up(product: Product) -> tuple[str, int]:
    person = Person(product)
    done = person.sign_up(new_phone(), new_email())
    return done.path, person.get("/account/sessions").status


def test_every_command_works_behind_it(stores: Stores, strict: PgBouncer, tmp_path: Path) -> None:
    url = strict.url_of(stores.empty_database())
    given = {"ENVIRONMENT": "test", "DATABASE_URL": url, "DATABASE_POOLER": "transaction"}
    for command in (
        "migrate",
        "migrate",
        "seed --yes",
        "cleanup",
        "keys rotate --yes",
        "pricing show",
    ):
        ended = latchkey(tmp_path, *command.split(), **given)
        assert (ended.returncode, ended.stderr) == (0, ""), command


async def test_each_transaction_says_what_a_session_cannot(
    stores: Stores, strict: PgBouncer
) -> None:
    url = strict.url_of(await asyncio.to_thread(stores.new_database))
    database = Postgres(url, patience=1.0, pooled=True)
    await database.open()
    for unit in (database.connection, database.transaction):
        async with unit() as connection:
            assert await connection.fetchval("SHOW statement_timeout") == "1500ms"
            assert await connection.fetchval("SHOW timezone") == "UTC"
            named = "SELECT count(*) FROM pg_prepared_statements WHERE $1"
            assert await connection.fetchval(named, True) == 0
    await database.close()


@pytest.mark.parametrize("how", ["pooler", "strict"])
def test_without_the_setting_the_start_says_what_to_set(
    stores: Stores, tmp_path: Path, how: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(how).url_of(stores.new_database())
    given = {"ENVIRONMENT": "test", "DATABASE_URL": url, "REDIS_URL": stores.redis_url}
    refused = latchkey(tmp_path, "serve", **given)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[1:] == [f"  - DATABASE_URL: {POOLED}."]


def test_the_doctor_names_it_without_the_setting(stores: Stores, pooler: PgBouncer) -> None:
    given = {"DATABASE_URL": pooler.url_of(stores.new_database()), "REDIS_URL": stores.redis_url}
    for setting, status in (("none", "fail"), ("transaction", "pass")):
        told = typed("doctor", "--json", **given, DATABASE_POOLER=setting)
        [found] = [each for each in json.loads(told.output)["checks"] if "pooler" in each["name"]]
        assert found["status"] == status, found


def test_a_pooler_that_keeps_sessions_needs_no_setting(
    stores: Stores, tmp_path: Path, by_session: PgBouncer
) -> None:
    url = by_session.url_of(stores.new_database())
    product = Product(tmp_path / "served", url, f"{stores.redis_url}?db=1", limits=GENEROUS)
    try:
        assert signed_up(product.start()) == ("/signup/done", 200)
    finally:
        product.close()
