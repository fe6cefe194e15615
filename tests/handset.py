"""A text as a phone counts and reads it."""

import re

from app.domain.delivery.segments import count_segments


def septets(text: str) -> int:
    """For what GSM-7 cannot say there is no number: it would go out as two segments of UCS-2."""
    found = count_segments(text)
    assert not found.strange, found.strange
    return found.units


def bound_code(message: str) -> tuple[str, str] | None:
    """Host and code by the steps of WICG "origin-bound one-time codes", which take the last line
    as it is: a newline after it, and there is no code.
    """
    last = re.split("\r\n|\r|\n", message)[-1]
    found = re.fullmatch(r"@([^\s@#]+)(?: @[^\s@#]+)? #([^\s]+)(?: .*)?", last)
    return (found[1], found[2]) if found else None
