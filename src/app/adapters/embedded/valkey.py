"""Valkey from the bundle, which speaks Redis, for one folder of data."""

import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

from app.adapters.embedded.bundles import valkey_program
from app.adapters.embedded.server import Server

SETTINGS = {
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
        settings = SETTINGS | {
            "dir": str(self.folder),
            "unixsocket": str(self.socket),
            "appendonly": "yes" if self.durable else "no",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return self.launch([str(valkey_program()), *options], lock)
