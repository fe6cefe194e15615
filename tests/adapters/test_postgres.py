"""The unit of work over real PostgreSQL: kept after yes and no, undone after a crash."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic

import pytest

from app.adapters import outages
from app.adapters.postgres import Postgres
from app.dev.stores.files import clear_sockets, data_folder, socket_folder
from app.dev.stores.servers import PORT, PostgresServer
from app.domain.errors import Rejected, Unavailable
from app.domain.ports import NotUnique
from tests.standins.tunnels import joined, listening
from tests.stores import execute

PATIENCE = 1.0  # seconds
SOON = 5.5  # where each of three would wait for the server it would be six or more


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Of its own, since it is stopped, killed and suspended here."""
    data = data_folder(tmp_path_factory.mktemp("postgres"))
    started = PostgresServer(data, socket_folder(data), durable=False)
    started.start()
    yield started
    started.stop()
    clear_sockets(data)


@pytest.fixture
async def database(server: PostgresServer) -> AsyncIterator[Postgres]:
    opened = Postgres(server.url, size=4, patience=PATIENCE)
    await opened.open()
    await execute(server.url, "CREATE TABLE IF NOT EXISTS notes (words text UNIQUE)")
    await execute(server.url, "TRUNCATE notes")
    yield opened
    await opened.close()


async def written(database: Postgres) -> list[str]:
    async with database.connection() as connection:
        return [row["words"] for row in await connection.fetch("SELECT words FROM notes")]


async def write(
    database: Postgres, words: str, trouble: BaseException | None = None, then: str = "SELECT 1"
) -> None:
    """One unit of work: a row, what comes `then`, and the trouble with it."""
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO notes VALUES ($1)", words)
        await connection.execute(then)
        if trouble:
            raise trouble


async def answers_again(database: Postgres) -> None:
    """Within 30 seconds, as promised; without a restart of ours."""
    deadline = monotonic() + 30
    while True:
        try:
            await written(database)
            return
        except Unavailable:
            assert monotonic() < deadline
            await asyncio.sleep(0.05)


FULL = "DO $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"


async def test_only_a_write_says_that_writes_are_taken_again(
    database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "RESUMED", 0.0)
    with pytest.raises(Unavailable):
        await write(database, "lost", then=FULL)
    async with database.transaction() as connection:
        await connection.fetch("SELECT words FROM notes")
    assert database.refused_writes == "No space left on device"
    await write(database, "kept")
    assert database.refused_writes == ""


async def test_a_yes_is_kept(database: Postgres) -> None:
    await write(database, "yes")
    assert await written(database) == ["yes"]


async def test_a_refusal_is_kept_and_told(database: Postgres) -> None:
    with pytest.raises(Rejected) as told:
        await write(database, "no", no := Rejected())
    assert told.value is no
    assert await written(database) == ["no"]


@pytest.mark.parametrize("trouble", [RuntimeError(), asyncio.CancelledError(), KeyError()])
async def test_a_crash_is_undone(database: Postgres, trouble: BaseException) -> None:
    with pytest.raises(type(trouble)):
        await write(database, "crash", trouble)
    assert await written(database) == []


async def test_what_takes_longer_than_a_page_may_is_undone(database: Postgres) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(write(database, "late", then="SELECT pg_sleep(0.4)"), 0.1)
    assert await written(database) == []


async def test_a_broken_promise_of_the_table_is_a_bug_and_not_an_outage(database: Postgres) -> None:
    await write(database, "once")
    with pytest.raises(NotUnique):
        await write(database, "once")
    await write(database, "twice")
    assert await written(database) == ["once", "twice"]


async def test_of_two_that_wait_for_each_other_one_is_told_to_come_back(database: Postgres) -> None:
    await write(database, "one")
    await write(database, "other")
    both = asyncio.Barrier(2)

    async def crossing(first: str, then: str) -> None:
        async with database.transaction() as connection:
            await connection.execute("SET LOCAL deadlock_timeout = '50ms'")
            for words in (first, then):
                await connection.execute("SELECT FROM notes WHERE words = $1 FOR UPDATE", words)
                if words == first:
                    await both.wait()

    ways = (crossing("one", "other"), crossing("other", "one"))
    ended = await asyncio.gather(*ways, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["NoneType", "Unavailable"]
    assert await written(database) == ["one", "other"]  # nobody else is held up by it


async def test_a_single_statement_is_kept_whatever_comes_after(database: Postgres) -> None:
    async with database.connection() as connection, asyncio.timeout(5):
        await connection.execute("INSERT INTO notes VALUES ('kept')")
        assert await written(database) == ["kept"]


async def test_a_statement_that_hangs_is_given_up(database: Postgres) -> None:
    started = monotonic()
    with pytest.raises(Unavailable):
        await write(database, "hung", then="SELECT pg_sleep(2)")
    assert monotonic() - started < SOON
    await answers_again(database)
    assert await written(database) == []


@contextmanager
def busy_machine(server: PostgresServer) -> Iterator[tuple[str, Event]]:
    """A way to it by TCP; once the event is set, new connections hang and the others go on."""
    is_busy = Event()

    def serve(connection: socket.socket) -> None:
        if is_busy.is_set():
            with connection:
                while connection.recv(4096):
                    pass  # until the client gives up
            return
        postgres = socket.socket(socket.AF_UNIX)
        postgres.connect(str(server.sockets / f".s.PGSQL.{PORT}"))
        joined(connection, postgres)

    with listening(serve) as port:
        yield f"postgresql://latchkey@127.0.0.1:{port}/latchkey?sslmode=disable", is_busy


async def test_a_slow_statement_silences_nobody_while_the_others_are_answered(
    server: PostgresServer,
) -> None:
    with busy_machine(server) as (url, is_busy):
        database = Postgres(url, size=2, patience=PATIENCE)
        await database.open()
        try:
            await _hold_one_up_and_ask_beside_it(database, is_busy)
        finally:
            await database.close()


async def _hold_one_up_and_ask_beside_it(database: Postgres, is_busy: Event) -> None:
    async with database.connection() as one, database.connection() as other:
        await asyncio.gather(one.fetchval("SELECT 1"), other.fetchval("SELECT 2"))
    is_busy.set()
    slow = asyncio.create_task(ask(database, "SELECT pg_sleep(3)"))
    await asyncio.sleep(PATIENCE / 2)
    assert await ask(database, "SELECT 3") == 3
    with pytest.raises(Unavailable):
        await slow
    assert await ask(database, "SELECT 4") == 4


async def ask(database: Postgres, statement: str) -> object:
    async with database.connection() as connection:
        return await connection.fetchval(statement)


async def test_a_connection_that_was_cut_is_replaced(database: Postgres) -> None:
    with pytest.raises(Unavailable):
        await write(database, "cut", then="SELECT pg_terminate_backend(pg_backend_pid())")
    await answers_again(database)
    assert await written(database) == []


@pytest.mark.parametrize("how", ["stop", "kill", "suspend"])
async def test_a_server_that_is_gone_is_told_soon_and_found_again(
    server: PostgresServer, database: Postgres, how: str
) -> None:
    await write(database, "before")
    getattr(server, how)()
    started = monotonic()
    try:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await write(database, "meanwhile")
        assert monotonic() - started < SOON
    finally:
        server.resume()
        server.start()
    await answers_again(database)
    assert await written(database) == ["before"]


async def queue(database: Postgres, words: str, trouble: BaseException | None = None) -> None:
    """One unit of work that queues a message, and the trouble with it."""
    async with database.transaction() as connection:
        connection.message_queued()
        await connection.execute("INSERT INTO notes VALUES ($1)", words)
        assert not database.message_queued.is_set()
        if trouble:
            raise trouble


async def test_a_commit_of_what_queued_a_message_wakes_the_dispatcher(database: Postgres) -> None:
    await write(database, "nothing queued")
    assert not database.message_queued.is_set()
    await queue(database, "queued")
    assert database.message_queued.is_set()


async def test_a_refusal_keeps_a_queued_message_and_wakes_the_dispatcher(
    database: Postgres,
) -> None:
    with pytest.raises(Rejected):
        await queue(database, "refused", Rejected("no"))
    assert database.message_queued.is_set()


@pytest.mark.parametrize("pooled", [False, True])
async def test_a_statement_of_its_own_that_queued_wakes_the_dispatcher(
    database: Postgres, server: PostgresServer, *, pooled: bool
) -> None:
    """`database` has made the table."""
    own = Postgres(server.url, size=1, pooled=pooled)
    await own.open()
    async with own.connection() as connection:
        await connection.execute("INSERT INTO notes VALUES ('alone')")
        connection.message_queued()
    await own.close()
    assert (own.message_queued.is_set(), database.message_queued.is_set()) == (True, False)


async def test_what_is_rolled_back_wakes_nobody_then_or_later(database: Postgres) -> None:
    with pytest.raises(ValueError, match="crash"):
        await queue(database, "lost", ValueError("crash"))
    await queue(database, "taken")
    database.message_queued.clear()
    with pytest.raises(NotUnique):
        await queue(database, "taken")
    for words in ("one", "two", "three", "four"):
        await write(database, words)
    assert not database.message_queued.is_set()
