"""What makes starts and pages fast, each with what it gains.

Litestar describes pages of rows in OpenAPI where advanced-alchemy is installed, and loads it and
SQLAlchemy with it: measured, importing it takes 0.33 s without them and 0.72 s with (2.2 times as
long), and 34 MB, not 62.
"""

import sys
import zlib
from collections.abc import MutableMapping
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from struct import pack
from typing import Any

from jinja2 import Environment, __version__
from jinja2.bccache import Bucket, FileSystemBytecodeCache

UNUSED = "advanced_alchemy.service"
_loaded: dict[str, Any] = sys.modules

# An import of what is None here is an ImportError, for which these libraries are prepared.
if UNUSED not in _loaded:
    _loaded[UNUSED] = None
    import_module("litestar.app")
    del _loaded[UNUSED]
# A command line with rich and pygments, which takes 40 ms once the first vendor is loaded.
_loaded.setdefault("httpx._main", None)


# Templates as Python bytecode, beside Python's own: compiling all of them takes 0.4 s.

FOLDER = Path(__file__).parent / "__pycache__"


class CompiledTemplates(FileSystemBytecodeCache):
    """One file a template, made anew when its source, Jinja or the `options` have changed. As with
    Python's own, a folder that cannot be written to costs each start the time, and nothing else.
    """

    def __init__(self, options: object, folder: Path = FOLDER) -> None:
        """`options` are what Jinja compiles by; their `repr` tells one from another."""
        made_by = sha256(f"{__version__} {options!r}".encode()).hexdigest()[:12]
        super().__init__(str(folder), f"template-%s.{made_by}.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


class FlatEnvironment(Environment):
    """With all globals in one dictionary: through the chain of two that Jinja makes, for templates
    to have some of their own, a page takes 1.4 times as long to render (measured: 60 µs, not 43).
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


# Prerendered pages: pages that are the same for everybody but for the form token, made and zipped
# once.
#
# Measured: 9 µs a page, against 126 for one that is rendered and zipped each time (14 times as
# long).

# What a prerendered page is made with in the place of the token; neither is part of any text.
PLACEHOLDER = "\0gap\0"
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"  # RFC 1952: deflate, no name, no time
WINDOW = -15  # 32 KiB, as bare deflate


class PrerenderedPage:
    """A page with placeholders for the token, ready to be sent as it is or as gzip."""

    def __init__(self, html: str) -> None:
        self._plain = [piece.encode(errors="replace") for piece in html.split(PLACEHOLDER)]
        *early, last = self._plain
        # Each by itself and to a whole byte, so that the token fits between them as it is.
        self._packed = [_packed(piece, zlib.Z_FULL_FLUSH) for piece in early]
        self._packed.append(_packed(last, zlib.Z_FINISH))

    @property
    def has_placeholder(self) -> bool:
        return len(self._plain) > 1

    def render_plain(self, token: bytes) -> bytes:
        return token.join(self._plain)

    def render_gzip(self, token: bytes) -> bytes:
        """One gzip member: the packed pieces, and between them the token in a block of its own."""
        body = self.render_plain(token)
        block = pack("<BHH", 0, len(token), len(token) ^ 0xFFFF) + token  # RFC 1951, 3.2.4
        end = pack("<II", zlib.crc32(body), len(body))
        return b"".join((GZIP_HEADER, block.join(self._packed), end))


def _packed(piece: bytes, ending: int) -> bytes:
    packer = zlib.compressobj(9, wbits=WINDOW, memLevel=9)
    return packer.compress(piece) + packer.flush(ending)
