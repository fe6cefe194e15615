"""Prerendered pages: what is zipped once and filled in later unpacks to the very same page."""

import gzip
import zlib

import pytest

from app.web.fast_pages import PLACEHOLDER, PrerenderedPage
from app.web.forms import Csrf

TOKEN = Csrf((b"k" * 32,), "https://login.example.org").issue_token("flow").encode()
PAGES = {
    "none": "<p>No form here.</p>",
    "one": f"<form><input value='{PLACEHOLDER}'></form>",
    "several": f"<form>{PLACEHOLDER}</form><p>é 🦊</p><form>{PLACEHOLDER}</form>",
    "at the ends": f"{PLACEHOLDER}middle{PLACEHOLDER}",
    "side by side": f"a{PLACEHOLDER}{PLACEHOLDER}b",
    "nothing else": PLACEHOLDER,
    "empty": "",
    # Longer than what deflate looks back on (32 KiB).
    "long": f"{'<li>line</li>' * 5000}{PLACEHOLDER}{'<li>line</li>' * 5000}",
    "half a pair": f"\ud83d{PLACEHOLDER}",
}
TOKENS = [TOKEN, b"", b"x", b"a" * 65_535, bytes(range(256))]


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("token", TOKENS, ids=["real", "empty", "short", "longest", "bytes"])
def test_a_zipped_page_unpacks_to_the_plain_one(html: str, token: bytes) -> None:
    prerendered = PrerenderedPage(html)
    filled = html.encode(errors="replace").replace(PLACEHOLDER.encode(), token)
    assert prerendered.render_plain(token) == filled
    assert gzip.decompress(prerendered.render_gzip(token)) == filled


def test_one_prerendered_page_serves_many_tokens() -> None:
    prerendered = PrerenderedPage(PAGES["several"])
    for token in (b"first", b"second one", b"first"):
        assert gzip.decompress(prerendered.render_gzip(token)) == prerendered.render_plain(token)
        assert prerendered.render_plain(token).count(token) == 2


def test_a_zipped_page_is_one_gzip_member_with_nothing_behind_it() -> None:
    unpacker = zlib.decompressobj(wbits=31)
    unpacker.decompress(PrerenderedPage(PAGES["several"]).render_gzip(TOKEN))
    assert (unpacker.eof, unpacker.unused_data) == (True, b"")


def test_a_prerendered_page_knows_whether_it_holds_a_form() -> None:
    assert [
        PrerenderedPage(PAGES[name]).has_placeholder for name in ("none", "one", "several")
    ] == [
        False,
        True,
        True,
    ]


def test_a_long_page_is_smaller_when_zipped() -> None:
    prerendered = PrerenderedPage(PAGES["long"])
    assert len(prerendered.render_gzip(TOKEN)) < len(prerendered.render_plain(TOKEN)) / 50
