"""TLS in front of a server, and a proxy that takes CONNECT: small, in threads, on loopback."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Gives each connection to `serve` in a thread of its own; the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def joined(one: socket.socket, other: socket.socket) -> None:
    """What either says the other hears, until one of them goes."""

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while heard := source.recv(65_536):
                target.sendall(heard)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    with closing(one), closing(other):
        back = threading.Thread(target=pass_on, args=(other, one), daemon=True)
        back.start()
        pass_on(one, other)
        back.join(5)


def certificate_for(folder: str, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate that only who is given it trusts, and the server's side of it."""
    path, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    out = ("-keyout", str(key), "-out", str(path))
    subprocess.run([*made, *subject, *out], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    return path, context


@contextmanager
def tls_before(path: Path) -> Iterator[tuple[int, Path]]:
    """The server at the socket `path`, over TLS as `localhost`: the port and its certificate."""
    with TemporaryDirectory() as folder:
        certificate, context = certificate_for(folder, "localhost")

        def serve(connection: socket.socket) -> None:
            with suppress(OSError):
                inside = context.wrap_socket(connection, server_side=True)
                behind = socket.socket(socket.AF_UNIX)
                behind.connect(str(path))
                joined(inside, behind)

        with listening(serve) as port:
            yield port, certificate


class ConnectProxy:
    """Leads every CONNECT to one port of this machine; `asked` are the heads of the requests."""

    def __init__(self, port: int) -> None:
        self._port, self.asked = port, list[str]()

    def __call__(self, connection: socket.socket) -> None:
        head = b""
        with suppress(OSError):
            while b"\r\n\r\n" not in head and (heard := connection.recv(4096)):
                head += heard
            self.asked.append(head.decode())
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            joined(connection, socket.create_connection(("127.0.0.1", self._port)))
