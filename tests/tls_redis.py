"""Redis by TLS alone, which the bundled Valkey cannot: behind a sentinel, or as a cluster."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import RedisError

from tests.certificates import certify
from tests.faults.staged import until
from tests.product import free_port
from tests.servers_setup import found, missing

PROGRAM = "redis-check-rdb"  # which is the server, too, where it is called so
HERE, SERVICE = "127.0.0.1", "door"
OWN = """
bind {here}
dir {folder}
port 0
tls-port {port}
tls-cert-file {certificates}/server.pem
tls-key-file {certificates}/server.key
tls-ca-cert-file {certificates}/server.pem
tls-auth-clients no
tls-replication yes
tls-cluster yes
"""
SERVER = "save ''\nmaxmemory-policy noeviction\n"
CLUSTERED = "cluster-enabled yes\ncluster-port {bus}\n"
SENTINEL = "sentinel monitor {service} {here} {primary} 1\n"


class TlsRedis:
    """`folder` has the certificate, by which it is trusted."""

    def __init__(self, folder: Path) -> None:
        self.trusted, self._folder = folder / "server.pem", folder
        certify(folder, HERE)

    @contextmanager
    def sentinel(self) -> Iterator[str]:
        """The URL of a primary as its sentinel knows it."""
        with ExitStack() as stack:
            primary = stack.enter_context(self._running(SERVER))
            watching = SENTINEL.format(service=SERVICE, here=HERE, primary=primary)
            port = stack.enter_context(self._running(watching, "--sentinel"))
            with self._client(port) as client:
                until(lambda: client.sentinel_masters()[SERVICE]["flags"] == "master", 20)
            yield f"rediss+sentinel://{HERE}:{port}/{SERVICE}"

    @contextmanager
    def cluster(self) -> Iterator[str]:
        """The URL of one with a single server."""
        with self._running(SERVER + CLUSTERED.format(bus=free_port())) as port:
            with self._client(port) as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
                until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", 20)
            yield f"rediss+cluster://{HERE}:{port}"

    @contextmanager
    def _running(self, settings: str, *words: str) -> Iterator[int]:
        """Its port."""
        program = found(PROGRAM)
        assert program, missing(PROGRAM)
        port = free_port()
        config = self._folder / f"{port}.conf"
        own = OWN.format(here=HERE, folder=self._folder, port=port, certificates=self._folder)
        config.write_text(own + settings)
        with subprocess.Popen(
            ["redis-server", str(config), *words], executable=program, stdout=subprocess.DEVNULL
        ) as process:
            try:
                until(lambda: self._answers(port), 20)
                yield port
            finally:
                process.kill()

    def _answers(self, port: int) -> bool:
        try:
            with self._client(port) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def _client(self, port: int) -> Client:
        trusted = str(self.trusted)
        return Client(HERE, port, ssl=True, ssl_ca_certs=trusted, decode_responses=True)
