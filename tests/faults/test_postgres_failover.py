"""PostgreSQL on two machines: the one that takes writes is found, whichever it is."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from app.adapters.postgres import Postgres
from app.adapters.postgres_connection import Connector
from app.domain.errors import Unavailable
from app.settings.database_url import parse_database_url
from tests.commands.running import Ended, latchkey
from tests.faults.outages import served_with
from tests.faults.staged import until
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.standbys import Pair, running_pair

WHERE = "SELECT current_setting('data_directory')"
WRITE = "UPDATE restore_marks SET marked_at = marked_at"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Whole until the last test."""
    with running_pair(tmp_path_factory.mktemp("pair")) as running:
        running.new_database("door")
        yield running


async def where(database: Postgres) -> str:
    """Which server answers."""
    async with database.connection() as connection:
        return str(await connection.fetchval(WHERE))


async def write(database: Postgres) -> None:
    async with database.transaction() as connection:
        await connection.execute(WRITE)


def migrate(database_url: str, folder: Path) -> Ended:
    return latchkey(folder, "migrate", DATABASE_URL=database_url)


@pytest.mark.parametrize("attrs", ["read-write", "primary"])
def test_commands_find_the_server_that_takes_writes(pair: Pair, tmp_path: Path, attrs: str) -> None:
    done = migrate(pair.url_of("door", attrs), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_host_that_hangs_is_waited_for_once(pair: Pair) -> None:
    connector = Connector(parse_database_url(pair.url_of("door")))
    pair.standby.suspend()  # the first of the list, as one whose machine is gone
    try:
        seconds = [await _seconds_to_connect(connector) for _ in range(2)]
    finally:
        pair.standby.resume()
    assert seconds[1] < 0.5 <= seconds[0]


async def _seconds_to_connect(connector: Connector) -> float:
    began = monotonic()
    connection = await connector.connect(1.0)
    connection.terminate()
    return monotonic() - began


def test_a_sign_up_goes_on_over_a_failover_and_nobody_is_signed_out(
    another_product: Callable[..., Product], tmp_path: Path
) -> None:
    with running_pair(tmp_path / "pair") as pair:
        _sign_up_over_a_failover(pair, another_product(DATABASE_URL=pair.new_database("door")))


def _sign_up_over_a_failover(pair: Pair, product: Product) -> None:
    member, person, phone, email = Person(product), Person(product), new_phone(), new_email()
    member.sign_up(new_phone(), new_email())
    person.give_phone(phone)
    person.give_phone_code(phone)
    pair.primary.kill()
    assert person.get("/signup/email").status in (200, 503)
    began = monotonic()
    pair.promote()
    until(lambda: served_with(product, "/health/ready") == 200)
    assert monotonic() - began < 5
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().path == "/signup/done"
    assert member.get("/account").path == "/account"
    assert (len(product.messages(phone)), len(product.messages(email))) == (1, 1)


async def test_no_connection_stays_with_a_server_that_has_become_read_only(
    pair: Pair, tmp_path: Path
) -> None:
    database = Postgres(pair.url_of("door"))
    before = await where(database)
    async with database.connection() as busy:
        assert await where(database) == before  # two of them now
        await asyncio.to_thread(pair.make_read_only)
        refused_command = await asyncio.to_thread(migrate, pair.url_of("door"), tmp_path)
        assert "target_session_attrs" in refused_command.stderr
        await asyncio.to_thread(pair.promote)
        with pytest.raises(Unavailable) as refused:
            await write(database)
        assert "read-only transaction" in refused.value.reason
        assert await busy.fetchval(WHERE) == before, "what is under way goes on"
    assert [await where(database) for _ in range(3)] == [str(pair.standby.folder)] * 3
    await write(database)
    await database.close()
