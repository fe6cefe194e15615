"""A real PgBouncer in front of the PostgreSQL of the tests."""

import signal
import socket
import subprocess
from pathlib import Path

from app.adapters.postgres import POOL_SIZE
from app.dev.stores.server import Server
from tests.product import free_port
from tests.servers_setup import found, missing

INI = """
[databases]
* = host={sockets} port=5432 user=latchkey

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
ignore_startup_parameters = {ignored}
{entrance}
"""
# A session keeps its connection, so there it needs as many as the product may open; see deploy.md.
SIZES = {"transaction": 5, "session": POOL_SIZE + 3}
OPEN = "auth_type = any"
# Only with TLS and a password, as hosts of PostgreSQL have it.
GUARDED = """
auth_type = scram-sha-256
auth_file = {own}/users
client_tls_sslmode = require
client_tls_key_file = {own}/server.key
client_tls_cert_file = {own}/server.pem
"""


class PgBouncer(Server):
    """Hands a few connections out to many; it refuses to be root, as PostgreSQL does."""

    name = "pgbouncer"
    stop_signal = signal.SIGINT

    def __init__(
        self, data: Path, sockets: Path, mode: str, ignored: str = "", entrance: str = OPEN
    ) -> None:
        super().__init__(data, sockets)
        self.own = data / "own"
        self.own.mkdir(exist_ok=True)
        self._entrance = entrance.format(own=self.own)
        self.port, self._mode, self._ignored = free_port(), mode, ignored

    @property
    def url(self) -> str:
        return f"postgresql://latchkey@127.0.0.1:{self.port}/latchkey?sslmode=disable"

    def url_of(self, url: str) -> str:
        """The way to the database of `url` that leads through here."""
        database = url.partition("?")[0].rpartition("/")[2]
        return self.url.replace("/latchkey?", f"/{database}?")

    def answers(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def prepare(self, lock: int) -> None:
        ini = INI.format(
            sockets=self.sockets,
            port=self.port,
            mode=self._mode,
            size=SIZES[self._mode],
            ignored=self._ignored,
            entrance=self._entrance,
        )
        (self.own / "pgbouncer.ini").write_text(ini)

    def spawn(self, lock: int) -> subprocess.Popen[bytes]:
        program = found("pgbouncer")
        assert program, missing("pgbouncer")
        return self.launch([program, str(self.own / "pgbouncer.ini")], lock, self.own)
