"""Sheets: pages that are the same for everybody but for the form token, made and zipped once."""

import zlib
from struct import pack

# What a sheet is made with in the place of the token; neither is part of any text.
GAP = "\0gap\0"
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952: deflate, no name, no time
WINDOW = -15  # 32 KiB, as bare deflate


class Sheet:
    """A page with gaps for the token, ready to be sent as it is or as gzip."""

    def __init__(self, html: str) -> None:
        self._plain = [piece.encode(errors="replace") for piece in html.split(GAP)]
        *early, last = self._plain
        # Each by itself and to a whole byte, so that the token fits between them as it is.
        self._packed = [_packed(piece, zlib.Z_FULL_FLUSH) for piece in early]
        self._packed.append(_packed(last, zlib.Z_FINISH))

    @property
    def has_gap(self) -> bool:
        return len(self._plain) > 1

    def plain(self, token: bytes) -> bytes:
        return token.join(self._plain)

    def zipped(self, token: bytes) -> bytes:
        """One gzip member: the packed pieces, and between them the token in a block of its own."""
        body = self.plain(token)
        block = pack("<BHH", 0, len(token), len(token) ^ 0xFFFF) + token  # RFC 1951, 3.2.4
        end = pack("<II", zlib.crc32(body), len(body))
        return b"".join((GZIP_HEADER, block.join(self._packed), end))


def _packed(piece: bytes, ending: int) -> bytes:
    packer = zlib.compressobj(9, wbits=WINDOW, memLevel=9)
    return packer.compress(piece) + packer.flush(ending)
