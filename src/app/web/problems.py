"""What the API answers when it does not do what was asked: problem details (RFC 9457)."""

from http import HTTPStatus

import msgspec

from app.web.answer import Answer


def problem(status: int, code: str, detail: str, field: str | None = None) -> Answer:
    """`code` is for machines and stays; `detail` is for people; `field` says what it is about."""
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    body = msgspec.json.encode(told | ({"field": field} if field else {}))
    fixed = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    return Answer(status, body, fixed)
