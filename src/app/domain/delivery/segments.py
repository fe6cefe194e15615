"""How many texts a text is: 3GPP TS 23.038 and 23.040."""

from dataclasses import dataclass

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED = frozenset("\f^{}\\[~]|€")
ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}  # units of a text, and of one of several


@dataclass(frozen=True, slots=True)
class Segments:
    """`strange` is what made it UCS-2."""

    count: int
    units: int
    encoding: str
    strange: str


def count_segments(text: str) -> Segments:
    strange = "".join(sorted(set(text) - GSM7 - GSM7_EXTENDED))
    encoding = "UCS-2" if strange else "GSM-7"
    if strange:
        units = len(text.encode("utf-16-be")) // 2
    else:
        units = len(text) + sum(each in GSM7_EXTENDED for each in text)
    alone, several = ROOM[encoding]
    return Segments(1 if units <= alone else -(-units // several), units, encoding, strange)
