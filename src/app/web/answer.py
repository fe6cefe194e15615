"""An answer in its plainest form: status, headers, body."""

from typing import Any

from litestar import Response
from litestar.types import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

BODILESS = (204, 304)


class Answer(Response[bytes]):
    """Sent as it is. What else the framework's response prepares for each request would cost a step
    page a third of its time.
    """

    __slots__ = ("answer_headers", "answer_status", "body")

    def __init__(self, status: int, body: bytes, headers: Headers) -> None:
        self.answer_status, self.body, self.answer_headers = status, body, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = self.answer_headers
        if self.answer_status not in BODILESS:
            headers = [*headers, (b"content-length", b"%d" % len(self.body))]
        await send(
            {"type": "http.response.start", "status": self.answer_status, "headers": headers}
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": False})

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> Any:
        """It is one already."""
        return self


def see_other(path: str, headers: Headers | None = None) -> Answer:
    """303: the result of a POST is another page, which a reload does not repeat."""
    fixed = [(b"location", path.encode()), (b"cache-control", b"no-store")]
    return Answer(303, b"", [*fixed, *(headers or [])])


def plain(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), [(b"content-type", b"text/plain; charset=utf-8")])
