"""CORS (Fetch standard): which pages of other origins may call the API from a browser.

Only what needs no cookie: answers are for scripts that hold a bearer token, so credentials are
never allowed. Litestar's own CORS is for a whole application, and ours is for the API alone.
"""

from app.web.response import Headers

ASKED = b"access-control-request-method"
# Seconds that a browser remembers a preflight; Chromium remembers none for longer.
REMEMBERED = b"7200"
METHODS = b"GET, HEAD, POST, PATCH, DELETE"
TAKEN = b"authorization, content-type, idempotency-key, x-latchkey-flow, x-request-id"
SHOWN = b"etag, idempotency-replayed, retry-after, www-authenticate, x-request-id"
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", METHODS),
    (b"access-control-allow-headers", TAKEN),
    (b"access-control-max-age", REMEMBERED),
]


class Cors:
    """`origins` are compared exactly, as a browser writes them: `https://app.example.org`."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    def headers_for(self, method: str, headers: list[tuple[bytes, bytes]]) -> Headers:
        """Of an answer of the API to a request with those. A cache keeps one for each origin."""
        if not self._origins:
            return []
        vary = (b"vary", b"Origin")
        given = [value for name, value in headers if name == b"origin"]
        if len(given) != 1 or given[0] not in self._origins:
            return [vary]
        allowed = [vary, (b"access-control-allow-origin", given[0])]
        is_preflight = method == "OPTIONS" and any(name == ASKED for name, _value in headers)
        shown = (b"access-control-expose-headers", SHOWN)
        return [*allowed, *(PREFLIGHT if is_preflight else [shown])]
