"""A primary, its replica and three sentinels, which put the one in the place of the other."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis as Client
from redis.exceptions import RedisError

from app.dev.stores.files import valkey_program
from tests.faults.staged import until
from tests.product import free_port
from tests.valkeys import Valkey, running_valkey

SERVICE = "door"
# Milliseconds: how often sentinels look and talk, so that a failover takes a second.
HASTE = (
    *("ping-period", 100, "ask-period", 100, "info-period", 200, "publish-period", 200),
    *("tilt-period", 1000),  # for which they do nothing on a machine that was too busy for them
)
USUAL = ("publish-period", 2000)
AT_ONCE = ("--repl-diskless-sync-delay", "0")  # whoever asks for a copy gets it
CONFIG = """
bind 127.0.0.1
port {port}
dir {folder}
sentinel monitor {service} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {service} 400
sentinel failover-timeout {service} 2000
"""


class SentinelSet:
    def __init__(self, servers: list[Valkey], ports: list[int]) -> None:
        self.servers, self.ports = servers, ports
        self.url = f"redis+sentinel://{','.join(f'127.0.0.1:{p}' for p in ports)}/{SERVICE}"

    def ask(self, *words: object, at: int = 0) -> Any:
        with Client(port=self.ports[at], decode_responses=True) as client:
            return client.execute_command(*words)

    @property
    def primary(self) -> Valkey:
        """As all sentinels see it."""
        told = [self._primary_port(at) for at in range(len(self.ports))]
        assert len(set(told)) == 1, told
        [found] = [each for each in self.servers if each.port == told[0]]
        return found

    def fail_over(self, *how: str) -> None:
        """As an operator does, who wants to restart the primary; until all sentinels know."""
        before = self.primary.port
        self.ask("SENTINEL", "FAILOVER", SERVICE, *how)
        self.wait_for_another(before)

    def wait_for_another(self, before: int) -> None:
        everywhere = range(len(self.ports))
        until(lambda: all(self._primary_port(at) != before for at in everywhere), 20)

    def is_whole(self) -> bool:
        """Every sentinel sees the others, and a replica that may become the primary."""
        for port in self.ports:
            with Client(port=port) as client:
                primary = client.sentinel_masters()[SERVICE]
                replicas = client.sentinel_slaves(SERVICE)
            ready = [each for each in replicas if each["master-link-status"] == "ok"]
            if primary["num-other-sentinels"] != 2 or not ready or primary["is_sdown"]:
                return False
        return True

    @contextmanager
    def at_their_usual_pace(self) -> Iterator[None]:
        """For ten seconds after a failover, a primary that was replaced takes writes."""
        for at in range(len(self.ports)):
            self.ask("SENTINEL", "DEBUG", *USUAL, at=at)
        try:
            yield
        finally:
            for at in range(len(self.ports)):
                self.ask("SENTINEL", "DEBUG", *HASTE, at=at)

    def _primary_port(self, at: int) -> int:
        _, port = self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE, at=at)
        return int(port)


@contextmanager
def running_sentinels() -> Iterator[SentinelSet]:
    with ExitStack() as stack:
        first = stack.enter_context(running_valkey(*AT_ONCE))
        replica = ("--replicaof", f"127.0.0.1 {first.port}")
        second = stack.enter_context(running_valkey(*AT_ONCE, *replica))
        until(lambda: second.ask("INFO")["master_link_status"] == "up", 20)
        ports = [stack.enter_context(_running_sentinel(first.port)) for _ in range(3)]
        running = SentinelSet([first, second], ports)
        until(running.is_whole, 20)
        yield running


@contextmanager
def _running_sentinel(primary: int) -> Iterator[int]:
    with TemporaryDirectory(prefix="sentinel-") as folder:
        port, config = free_port(), Path(folder) / "sentinel.conf"
        config.write_text(CONFIG.format(port=port, folder=folder, primary=primary, service=SERVICE))
        process = subprocess.Popen(
            [str(valkey_program()), str(config), "--sentinel"], stdout=subprocess.DEVNULL
        )
        try:
            until(lambda: _is_hasty(port), 20)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _is_hasty(port: int) -> bool:
    try:
        with Client(port=port) as client:
            return bool(client.execute_command("SENTINEL", "DEBUG", *HASTE))
    except RedisError:
        return False
