"""A Valkey of a test's own, to be set up and broken as the test likes."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from redis import Redis as Client
from redis.exceptions import RedisError

from app.dev.stores.files import valkey_program
from tests.product import free_port

SILENT = ("--save", "", "--appendonly", "no", "--daemonize", "no")


class Valkey:
    """One that answers at `socket` and on loopback at `port`."""

    def __init__(self, socket: Path, port: int = 0) -> None:
        self.socket, self.port = socket, port
        self.url = f"unix://{socket}"

    def ask(self, *words: object) -> Any:
        with Client.from_url(self.url) as client:
            return client.execute_command(*words)

    def set_up(self, **settings: object) -> None:
        for name, value in settings.items():
            self.ask("CONFIG", "SET", name.replace("_", "-"), value)

    def forget_one(self, key: str) -> None:
        """Fills the memory until the server evicts `key`, whose time is up before the others'."""
        used = self.ask("INFO", "memory")["used_memory"]
        self.set_up(maxmemory=used + 2_000_000, maxmemory_policy="volatile-ttl")
        with Client.from_url(self.url) as client:
            for number in range(500):
                client.set(f"filler{number}", b"x" * 50_000, ex=400_000)
                if not client.exists(key):
                    break
            else:
                raise AssertionError(f"{key} was not evicted")
            client.delete(*(f"filler{number}" for number in range(500)))

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Takes connections, and answers nobody."""
        process = self.ask("INFO", "server")["process_id"]
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def start_afresh(self) -> None:
        """As if nothing had ever been evicted."""
        self.set_up(maxmemory=0, maxmemory_policy="noeviction")
        self.ask("CONFIG", "RESETSTAT")


@contextmanager
def running_valkey(*options: str) -> Iterator[Valkey]:
    with TemporaryDirectory(prefix="valkey-") as folder:
        valkey = Valkey(Path(folder) / "valkey.sock", free_port())
        where = ("--port", str(valkey.port), "--unixsocket", str(valkey.socket), "--dir", folder)
        process = subprocess.Popen(
            [str(valkey_program()), *where, *SILENT, *options], stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(valkey)
            yield valkey
        finally:
            process.kill()  # it keeps nothing, and would write its log to the disk first
            process.wait()


def _wait_for(valkey: Valkey) -> None:
    deadline = monotonic() + 20
    while True:
        try:
            valkey.ask("PING")
            return
        except RedisError:
            assert monotonic() < deadline, "it did not start"
            sleep(0.02)
