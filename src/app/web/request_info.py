"""What a request says of itself: what it asks for, and how it wants its answer."""

import re
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

WEIGHT = re.compile(rb"[01](?:\.[0-9]{0,3})?")  # a qvalue (RFC 9110 12.4.2)
MOST_ENCODINGS = 256  # bytes; browsers send some thirty, and what is longer is not worth reading


class RequestInfo:
    def __init__(self, scope: Any) -> None:
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.query_string: bytes = scope["query_string"]

    @property
    def is_by_htmx(self) -> bool:
        return self.headers.get(b"hx-request") == b"true"

    @property
    def is_cross_site(self) -> bool:
        """By a link or picture of another site; older browsers do not say."""
        site = self.headers.get(b"sec-fetch-site", b"none")
        return site not in (b"same-origin", b"none")

    @property
    def is_fragment(self) -> bool:
        """htmx swaps the inside of `<main>`; where it selects a part it wants the document."""
        return self.is_by_htmx and self.headers.get(b"hx-request-type") != b"full"

    @property
    def accepts_gzip(self) -> bool:
        return accepts_gzip(self.headers.get(b"accept-encoding", b""))

    @property
    def accepts_html(self) -> bool:
        return b"text/html" in self.headers.get(b"accept", b"")

    @cached_property
    def query_params(self) -> dict[str, str]:
        """What stands behind the `?`; '' for a name without value."""
        return dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))

    @property
    def languages(self) -> str:
        """Those that the browser prefers, as it sends them."""
        return self.headers.get(b"accept-language", b"").decode("latin-1")


def accepts_gzip(accept_encoding: bytes) -> bool:
    """By RFC 9110 12.5.3: `gzip` or, where it is not named, `*`, with a weight above zero. Never
    for a list that is longer than any client's: it is neither read nor remembered.
    """
    return len(accept_encoding) <= MOST_ENCODINGS and _accepts_gzip(accept_encoding)


@lru_cache(256)
def _accepts_gzip(accept_encoding: bytes) -> bool:
    weights: dict[bytes, float] = {}
    for item in accept_encoding.lower().split(b","):
        coding, _, weight = item.partition(b";")
        weights[coding.strip()] = _weight(weight)
    named = [weights[coding] for coding in (b"gzip", b"x-gzip") if coding in weights]
    return max(named or [weights.get(b"*", 0)]) > 0


def _weight(parameter: bytes) -> float:
    """1 for none, 0 for one that cannot be read."""
    name, _, value = parameter.replace(b" ", b"").partition(b"=")
    if not name:
        return 1
    return float(value) if name == b"q" and WEIGHT.fullmatch(value) else 0
