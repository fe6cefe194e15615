"""PostgreSQL and Valkey for a laptop or a test run: real servers, nothing to install beforehand.

They come as binaries in two packages of the extra `latchkey[embedded]` and are started by us.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from app.dev.stores.files import (
    StoresNotStarted,
    appending,
    data_folder,
    postgres_program,
    socket_folder,
    tail,
    valkey_program,
)
from app.dev.stores.server import START_TIMEOUT, Server
from app.dev.stores.servers import PostgresServer, ValkeyServer

# The embedded stores as the rest of the product sees them: two URLs, for as long as it runs.

PAUSE = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class StoreUrls:
    database_url: str
    redis_url: str


@contextmanager
def embedded_stores(data: Path, *, fast: bool = False) -> Iterator[StoreUrls]:
    """Runs both over the folder `data`, which keeps what they know; `fast` is for tests.

    When others use the same folder, they share the servers, and the last one stops them. Raises
    `StoresNotStarted`.
    """
    postgres_program("postgres"), valkey_program()
    data = data_folder(data)
    sockets = socket_folder(data)
    servers = PostgresServer(data, sockets), ValkeyServer(data, sockets)
    keeper = _keeper(data, fast=fast)
    try:
        _wait_for_answers(servers, keeper)
        yield StoreUrls(*(server.url for server in servers))
    finally:
        # The end of its stdin is what a keeper waits for.
        keeper.communicate()


def are_running(data: Path) -> bool:
    """Whether someone runs them over the folder `data` now. Makes and starts nothing."""
    try:
        sockets = (data / "sockets").readlink()
    except OSError:
        return False
    return PostgresServer(data, sockets).answers()


def _keeper(data: Path, *, fast: bool) -> subprocess.Popen[bytes]:
    """In a session of its own, where the Ctrl-C of our terminal does not reach it."""
    command = [sys.executable, "-P", "-m", "app.dev.stores.supervisor", "--data", str(data)]
    with appending(data / "keeper.log") as log:
        return subprocess.Popen(
            [*command, "--fast"] if fast else command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_for_answers(servers: tuple[Server, ...], keeper: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + START_TIMEOUT
    while not all(server.answers() for server in servers):
        if keeper.poll() is not None or monotonic() > deadline:
            log = tail(servers[0].data / "keeper.log")
            raise StoresNotStarted(f"The embedded stores did not start.\n{log}")
        sleep(PAUSE)


__all__ = ["PostgresServer", "StoreUrls", "StoresNotStarted", "ValkeyServer", "embedded_stores"]
