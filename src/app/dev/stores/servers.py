"""PostgreSQL and Valkey from the bundles, each for one folder of data."""

import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path
from urllib.parse import quote

from app.dev.stores.files import POSTGRES_MAJOR, postgres_program, valkey_program
from app.dev.stores.server import Server

# The owner of everything, known without a password: only its own account reaches the socket.
USER = DATABASE = "latchkey"
PORT = 5432
PROTOCOL_3 = 196608
READY_FOR_QUERY = b"Z\0\0\0\x05I"

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    # One server, no copies of it, little to do in the background.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "autovacuum_max_workers": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# What was committed survives the end of PostgreSQL, but not that of the machine.
FAST = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer(Server):
    """Reached only through its socket. Not durable: a power cut may destroy the data."""

    name = "postgres"
    stop_signal = signal.SIGINT  # clients are disconnected, then it stops

    @property
    def folder(self) -> Path:
        return self.data / f"postgres{POSTGRES_MAJOR}"

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The port is said because a PGPORT of the developer would win otherwise."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.sockets))}&port={PORT}"

    def answers(self) -> bool:
        """Opens a session by hand, as loading a client costs more than starting the server."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.sockets / f".s.PGSQL.{PORT}"))
                connection.sendall(_greeting())
                return _reads_until_ready(connection)
        except OSError:
            return False

    def prepare(self, lock: int) -> None:
        """Holding the lock, nobody else can be alive. So a pid file is a crash's, even when its
        number belongs to some other process by now, which PostgreSQL would take for itself."""
        if not self.folder.exists():
            self._create(lock)
        for left in (self.folder / "postmaster.pid", self.sockets / f".s.PGSQL.{PORT}.lock"):
            left.unlink(missing_ok=True)

    def spawn(self, lock: int) -> subprocess.Popen[bytes]:
        settings = POSTGRES_SETTINGS if self.durable else POSTGRES_SETTINGS | FAST
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [str(postgres_program("postgres")), "-D", str(self.folder)]
        return self.launch([*command, "-k", str(self.sockets), *options], lock, self.folder)

    def _create(self, lock: int) -> None:
        """Under another name, so that what is called `folder` is always whole."""
        made = self.folder.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(mode=0o700)
        self._run(self._initdb(made), lock, made)
        single = [str(postgres_program("postgres")), "--single", "-D", str(made), "template1"]
        self._run(single, lock, made, f"CREATE DATABASE {DATABASE}\n".encode())
        made.rename(self.folder)

    def _initdb(self, made: Path) -> list[str]:
        """The built-in locale sorts and folds alike on every machine and needs no ICU."""
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        access = ["--username", USER, "--auth-local=trust", "--auth-host=reject"]
        pace = [] if self.durable else ["--no-sync"]
        program = str(postgres_program("initdb"))
        return [program, "-D", str(made), "--encoding=UTF8", *locale, *access, *pace]

    def _run(self, command: list[str], lock: int, folder: Path, typed: bytes = b"") -> None:
        process = self.launch(command, lock, folder, subprocess.PIPE)
        process.communicate(typed)
        if process.returncode:
            raise self.failure()


def _greeting() -> bytes:
    body = struct.pack("!i", PROTOCOL_3) + f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
    return struct.pack("!i", len(body) + 4) + body


def _reads_until_ready(connection: socket.socket) -> bool:
    reply = b""
    while not reply.endswith(READY_FOR_QUERY):
        received = connection.recv(8192)
        if not received:  # it said why, for example that it is still starting, and hung up
            return False
        reply += received
    return True


# Valkey from the bundle, which speaks Redis, for one folder of data.

VALKEY_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "always-show-logo": "no",
}


class ValkeyServer(Server):
    """Reached only through its socket. Not durable: it starts empty each time."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @property
    def folder(self) -> Path:
        return self.data / "valkey"

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def prepare(self, lock: int) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def spawn(self, lock: int) -> subprocess.Popen[bytes]:
        settings = VALKEY_SETTINGS | {
            "dir": str(self.folder),
            "unixsocket": str(self.socket),
            "appendonly": "yes" if self.durable else "no",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return self.launch([str(valkey_program()), *options], lock)
