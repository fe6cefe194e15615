"""What the server itself answers to requests that never get as far as the application: a page, or
problem details to whoever asked the API.
"""

import secrets
from http import HTTPStatus

from app.web.errors import LastResort
from app.web.middleware import RESELECT, security_headers
from app.web.problems import CODES, status_problem
from app.web.response import HTML_TYPE, NO_STORE, Headers
from app.web.telemetry import log_request

STATUSES = (400, 408, 414, 431, 501, 503)
API = b"/api/"


class EarlyAnswers:
    """Made at the start, but for the id. `hsts` is as in `security_headers`."""

    def __init__(self, last_resort: LastResort, *, hsts: str) -> None:
        self._pages, self._problems = dict[int, bytes](), dict[int, bytes]()
        for status in STATUSES:
            page, problem = last_resort.render(status), status_problem(status)
            policies = security_headers(hsts=hsts, last_resort=page.decode())
            shown = [HTML_TYPE, NO_STORE, RESELECT, *policies["last resort"]]
            self._pages[status] = _rest(page, shown)
            self._problems[status] = _rest(problem.body, [*problem.raw_headers, *policies["api"]])

    def make(self, status: int, target: bytes) -> bytes:
        """`target`: as much of the request's as has come. The log has little more than the id: what
        was asked has not been understood. A 503 has asked nothing, and is told of by itself.
        """
        request_id, line = secrets.token_hex(8), f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        if status != 503:
            log_request({"status": status, "refusal": CODES[status], "request_id": request_id})
        rest = (self._problems if target.startswith(API) else self._pages)[status]
        return f"{line}\r\nx-request-id: {request_id}\r\n".encode() + rest


def _rest(body: bytes, headers: Headers) -> bytes:
    """Of an answer after its first line, and after which the connection is closed."""
    framing = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    lines = [b": ".join(header) for header in (*framing, *headers)]
    return b"\r\n".join((*lines, b"", body))
