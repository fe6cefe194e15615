"""The embedded stores: they start anywhere, keep their data, and leave no process behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep

import pytest

from app.dev.stores import (
    PostgresServer,
    StoresNotStarted,
    StoreUrls,
    ValkeyServer,
    embedded_stores,
)
from app.dev.stores.files import clear_sockets, data_folder, socket_folder
from tests.adapters.embedded_parent import (
    GONE,
    PARENT,
    SOURCE,
    answers,
    eventually,
    keeper_of,
    parent,
    processes_over,
    redis,
    sql,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, as that takes a second; no test leaves a server running over it."""
    return tmp_path_factory.mktemp("embedded") / "data"


@pytest.fixture
def servers(data: Path) -> Iterator[tuple[PostgresServer, ValkeyServer]]:
    place = data_folder(data)
    sockets = socket_folder(place)
    postgres = PostgresServer(place, sockets, durable=False)
    valkey = ValkeyServer(place, sockets, durable=False)
    with ExitStack() as stack:
        stack.callback(clear_sockets, place)
        for server in (postgres, valkey):
            stack.callback(server.stop)
            server.start()
        yield postgres, valkey


def test_the_first_start_makes_data_that_only_we_can_read(tmp_path: Path) -> None:
    above = [tmp_path, *tmp_path.parents, SOURCE, *SOURCE.parents]
    before = [folder.stat().st_mode for folder in above]
    with embedded_stores(tmp_path / "data", fast=True) as urls:
        assert answers(urls)
        sockets = (tmp_path / "data/sockets").readlink()
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert [folder.stat().st_mode for folder in above] == before
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()
    assert processes_over(tmp_path) == []


def test_the_next_start_finds_the_data_again(data: Path) -> None:
    with embedded_stores(data) as urls:
        sql(urls.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
        redis(urls.redis_url, "SET", "kept", "7")
    with embedded_stores(data) as urls:
        assert sql(urls.database_url, "SELECT number FROM kept") == 7
        assert redis(urls.redis_url, "GET", "kept") == "7"
        sql(urls.database_url, "DROP TABLE kept")


def test_two_at_once_share_and_the_second_takes_over(data: Path) -> None:
    with parent(data) as (first, urls), embedded_stores(data, fast=True) as shared:
        assert shared == urls
        sql(urls.database_url, "CREATE TABLE shared AS SELECT 1 AS number")
        before = run_of(urls)
        first.kill()
        assert eventually(lambda: answers(shared) and run_of(shared) not in (None, before))
        assert sql(shared.database_url, "SELECT number FROM shared") == 1
    assert processes_over(data) == []


def run_of(urls: StoreUrls) -> object:
    """Which start of the server it is; None while nobody answers."""
    try:
        told = redis(urls.redis_url, "INFO", "server")
    except GONE:
        return None
    assert isinstance(told, dict)
    return told["run_id"]


@pytest.mark.parametrize("victim", ["parent", "keeper"])
def test_a_killed_process_leaves_no_server_behind(data: Path, victim: str) -> None:
    with parent(data) as (process, urls):
        assert len(processes_over(data)) > 3
        os.kill(process.pid if victim == "parent" else keeper_of(process), signal.SIGKILL)
        assert eventually(lambda: processes_over(data) == [])
        assert not answers(urls)
        process.kill()
    with embedded_stores(data, fast=True) as again:
        assert answers(again)


def test_a_server_that_died_is_started_again(data: Path) -> None:
    with embedded_stores(data, fast=True) as urls:
        main = int((data / "postgres18/postmaster.pid").read_text().split()[0])
        sleep(0.5)  # the keeper has seen it answer too: dying before that is not starting
        os.kill(main, signal.SIGKILL)
        assert eventually(lambda: not answers(urls))
        assert eventually(lambda: answers(urls))


def test_what_a_crash_left_does_not_hinder(servers: tuple[PostgresServer, ValkeyServer]) -> None:
    """Not even when the number in the pid file is that of a running process by now."""
    for server in servers:
        server.stop()
    postgres, valkey = servers
    stale = f"{os.getppid()}\n{postgres.folder}\n0\n5432\n{postgres.sockets}\n\n0 0\nready\n"
    (postgres.folder / "postmaster.pid").write_text(stale)
    (postgres.sockets / ".s.PGSQL.5432.lock").write_text(stale)
    (postgres.sockets / ".s.PGSQL.5432").touch()
    valkey.socket.touch()
    for server in servers:
        server.start()
    assert answers(StoreUrls(postgres.url, valkey.url))


def test_an_ordinary_account_needs_nothing_more(tmp_path: Path) -> None:
    with parent(tmp_path / "data", "ordinary") as (_, urls):
        assert answers(urls)


@pytest.mark.parametrize("which", [0, 1])
def test_each_server_can_be_ended_and_started_by_itself(
    servers: tuple[PostgresServer, ValkeyServer], which: int
) -> None:
    server, urls = servers[which], StoreUrls(*(server.url for server in servers))
    for end in (server.stop, server.kill):
        end()
        assert server.pid is None
        assert not answers(urls)
        server.start()
        assert answers(urls)


@pytest.mark.parametrize("which", [0, 1])
def test_a_suspended_server_hangs_until_it_is_resumed(
    servers: tuple[PostgresServer, ValkeyServer], which: int
) -> None:
    server = servers[which]
    server.suspend()
    assert not server.answers()
    server.resume()
    assert eventually(server.answers)
    server.suspend()  # and a suspended one can be stopped, as the fixture does


def test_without_the_bundles_it_says_what_to_install(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-S", "-c", PARENT, str(tmp_path / "data")],  # -S: no packages
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert "Install latchkey[embedded] or set DATABASE_URL and REDIS_URL." in ran.stderr


def test_a_start_that_fails_shows_why(tmp_path: Path) -> None:
    (tmp_path / "data/postgres18").mkdir(parents=True)
    with pytest.raises(StoresNotStarted, match="postgres18"), embedded_stores(tmp_path / "data"):
        pass
    assert processes_over(tmp_path) == []


def test_a_copy_of_the_data_has_servers_of_its_own(tmp_path: Path) -> None:
    original, copy = data_folder(tmp_path / "a"), data_folder(tmp_path / "b")
    sockets = socket_folder(original)
    (copy / "sockets").symlink_to(sockets)
    assert socket_folder(copy) != sockets
    assert socket_folder(original) == sockets
    for place in (original, copy):
        clear_sockets(place)
