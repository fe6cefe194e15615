"""Keeps the embedded stores running for as long as whoever started it lives.

`python -m app.dev.stores.supervisor --data FOLDER [--fast]`. It has one thread, because a server
is tied to the life of the thread that started it, and it trusts nothing but the end of its stdin:
that comes whether the parent stops, crashes or is killed.
"""

import argparse
import os
import select
import signal
import sys
from pathlib import Path

from app.dev.stores.files import StoresNotStarted, clear_sockets, data_folder, socket_folder
from app.dev.stores.server import Server, got
from app.dev.stores.servers import PostgresServer, ValkeyServer

STDIN = 0
# Seconds between two looks at the servers, or at the lock of another keeper.
PAUSE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(prog="keeper")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fast", action="store_true", help="nothing survives a power cut")
    options = parser.parse_args()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: sys.exit())
    try:
        keep(data_folder(options.data), durable=not options.fast)
    except StoresNotStarted as error:
        sys.exit(str(error))


def keep(data: Path, *, durable: bool) -> None:
    """Until stdin ends. Beside another keeper it waits, and takes over when that one is gone."""
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    while not got(lock):
        if _parent_ended():
            return
    sockets = socket_folder(data)
    valkey = ValkeyServer(data, sockets, durable=durable)
    _keep_running((valkey, PostgresServer(data, sockets, durable=durable)))


def _keep_running(servers: tuple[Server, ...]) -> None:
    """A server that died is started again, as nobody else would."""
    try:
        while True:
            for server in servers:
                server.start()
            if _parent_ended():
                return
    finally:
        _stop(servers)


def _stop(servers: tuple[Server, ...]) -> None:
    """Not to be interrupted: a second signal would leave the rest to be ended unprepared."""
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.SIG_IGN)
    for server in servers:
        server.stop()
    clear_sockets(servers[0].data)


def _parent_ended() -> bool:
    """Waits a moment for it."""
    readable, _, _ = select.select([STDIN], [], [], PAUSE)
    return bool(readable) and not os.read(STDIN, 1024)


if __name__ == "__main__":
    main()
