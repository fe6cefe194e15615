"""A text as a phone counts and reads it."""

import re

# 3GPP TS 23.038, 6.2.1: one septet each; then what takes two.
GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED = "\f^{}\\[~]|€"


def septets(text: str) -> int:
    """For what GSM-7 cannot say there is no number: it would go out as two segments of UCS-2."""
    strange = set(text) - set(GSM7 + GSM7_EXTENDED)
    assert not strange, strange
    return len(text) + sum(char in GSM7_EXTENDED for char in text)


def bound_code(message: str) -> tuple[str, str] | None:
    """Host and code by the steps of WICG "origin-bound one-time codes", which take the last line
    as it is: a newline after it, and there is no code.
    """
    last = re.split("\r\n|\r|\n", message)[-1]
    found = re.fullmatch(r"@([^\s@#]+)(?: @[^\s@#]+)? #([^\s]+)(?: .*)?", last)
    return (found[1], found[2]) if found else None
