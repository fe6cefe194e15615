"""What is no HTTP at all never reaches the application; it is answered like everything else."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.web.edge import security_headers
from app.web.errors import last_resort

BODY = last_resort(400)
HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-length", b"%d" % len(BODY)),
    (b"connection", b"close"),
    (b"cache-control", b"no-store"),
    *security_headers(secure=False)["page"],
]
ANSWER = b"\r\n".join(
    (b"HTTP/1.1 400 Bad Request", *(b": ".join(header) for header in HEADERS), b"", BODY)
)


class Protocol(HttpToolsProtocol):
    """The server's own, with our words for a request that cannot be read."""

    def send_400_response(self, msg: str) -> None:
        self.transport.write(ANSWER)
        self.transport.close()
