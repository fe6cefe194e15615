"""Sheets: what is zipped once and filled in later unpacks to the very same page."""

import gzip
import zlib

import pytest

from app.web.csrf import Csrf
from app.web.sheets import GAP, Sheet

TOKEN = Csrf((b"k" * 32,), "https://login.example.org").token("flow").encode()
PAGES = {
    "none": "<p>No form here.</p>",
    "one": f"<form><input value='{GAP}'></form>",
    "several": f"<form>{GAP}</form><p>é 🦊</p><form>{GAP}</form>",
    "at the ends": f"{GAP}middle{GAP}",
    "side by side": f"a{GAP}{GAP}b",
    "nothing else": GAP,
    "empty": "",
    # Longer than what deflate looks back on (32 KiB).
    "long": f"{'<li>line</li>' * 5000}{GAP}{'<li>line</li>' * 5000}",
    "half a pair": f"\ud83d{GAP}",
}
TOKENS = [TOKEN, b"", b"x", b"a" * 65_535, bytes(range(256))]


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("token", TOKENS, ids=["real", "empty", "short", "longest", "bytes"])
def test_a_zipped_page_unpacks_to_the_plain_one(html: str, token: bytes) -> None:
    sheet = Sheet(html)
    filled = html.encode(errors="replace").replace(GAP.encode(), token)
    assert sheet.plain(token) == filled
    assert gzip.decompress(sheet.zipped(token)) == filled


def test_one_sheet_serves_many_tokens() -> None:
    sheet = Sheet(PAGES["several"])
    for token in (b"first", b"second one", b"first"):
        assert gzip.decompress(sheet.zipped(token)) == sheet.plain(token)
        assert sheet.plain(token).count(token) == 2


def test_a_zipped_page_is_one_gzip_member_with_nothing_behind_it() -> None:
    unpacker = zlib.decompressobj(wbits=31)
    unpacker.decompress(Sheet(PAGES["several"]).zipped(TOKEN))
    assert (unpacker.eof, unpacker.unused_data) == (True, b"")


def test_a_sheet_knows_whether_it_holds_a_form() -> None:
    assert [Sheet(PAGES[name]).has_gap for name in ("none", "one", "several")] == [
        False,
        True,
        True,
    ]


def test_a_long_page_is_smaller_when_zipped() -> None:
    sheet = Sheet(PAGES["long"])
    assert len(sheet.zipped(TOKEN)) < len(sheet.plain(TOKEN)) / 50
