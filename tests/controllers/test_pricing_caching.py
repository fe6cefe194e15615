"""Prices for caches and for strangers: public, tagged, small, and not to be led astray."""

import gzip

import httpx
import pytest

from tests.product import NO_TLS, Product
from tests.shown_prices import API, CACHED, FORMS, HTMX, PLANS, every_form, told

VARY = "HX-Request, HX-Request-Type, Accept-Encoding, Cookie, Accept-Language"
COOKIES = {
    "flow": "n.x", "notice": "signed-out", "prefs": "EUR", "device": "x", "seen": "phone",
    "__Host-access": "y",
}  # fmt: skip
HOSTILE = [
    "?currency=%3Cscript%3Ealert(1)%3C/script%3E",
    '?period="><b id=planted>',
    "?currency=%00%01%0a%0d&period=%7f",
    "?currency=%ff%fe&period=%c3%28",
    "?currency=\xfc\xdf",
    "?currency=USD&currency=<b>&currency=ZZZ",
    "?currency[]=USD&period[a]=b",
    "?" + "currency=USD&" * 300,
    "?period=" + "year" * 1000,
    "?&&&===&=&period",
    "?%",
    "?plan=<b id=planted>&price=-1&x=" + "%f0%9f%92%b8" * 100,
]
LANGUAGES = ["xx-YY", "de;q=nan", "\xfc", ",;=" * 100, "*", "a" * 5000]


@pytest.mark.parametrize(("path", "headers"), FORMS)
def test_every_form_is_public_and_can_be_kept(
    priced: Product, path: str, headers: dict[str, str]
) -> None:
    answer = told(priced, path, **headers).answer
    assert answer.headers["cache-control"] == CACHED
    assert answer.headers["vary"] == VARY
    assert "set-cookie" not in answer.headers
    again = told(priced, path, **headers, **{"if-none-match": answer.headers["etag"]}).answer
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "vary", "cache-control", "content-security-policy"):
        assert again.headers[name] == answer.headers[name]
    assert "content-length" not in again.headers


@pytest.mark.parametrize(("path", "headers"), FORMS)
def test_whoever_asks_is_answered_the_same_without_a_cookie(
    priced: Product, path: str, headers: dict[str, str]
) -> None:
    stranger = told(priced, path, **headers).answer
    cookie = "; ".join(f"{name}={value}" for name, value in COOKIES.items())
    known = told(priced, path, cookie=cookie, authorization="Bearer x", **headers).answer
    assert known.content == stranger.content
    assert "set-cookie" not in known.headers


def test_another_form_has_another_tag(priced: Product) -> None:
    queries = ("", "?period=year", "?currency=EUR", "?currency=XXX", "?period=week")
    tags = [each.answer.headers["etag"] for query in queries
            for each in every_form(priced, query)[:2]]  # fmt: skip
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("tag", ['"nonsense"', 'W/"nonsense"', "", "nonsense", '"'])
def test_who_has_something_else_is_sent_all_of_it(priced: Product, tag: str) -> None:
    assert told(priced, "/pricing", **{"if-none-match": tag}).answer.status_code == 200


@pytest.mark.parametrize("tags", ['"other", {}', '{},W/"other"', "*", "{weak}"])
def test_one_tag_of_several_is_enough(priced: Product, tags: str) -> None:
    tag = told(priced, "/pricing").answer.headers["etag"]
    sent = tags.format(tag, weak=tag.removeprefix("W/"))
    assert told(priced, "/pricing", **{"if-none-match": sent}).answer.status_code == 304


def test_the_fragment_is_for_htmx_and_a_page_for_whoever_opens_it(priced: Product) -> None:
    fragment, opened = told(priced, PLANS, **HTMX), told(priced, PLANS)
    assert "<html" not in fragment.html
    assert fragment.html.startswith('<section id="prices"')
    assert opened.html == told(priced, "/pricing").html
    whole = told(priced, "/pricing", **HTMX, **{"hx-request-type": "full"})
    assert whole.html.startswith("<!doctype html>")


@pytest.mark.parametrize(("path", "headers"), FORMS)
def test_it_is_small_and_zipped_it_is_the_same(
    priced: Product, path: str, headers: dict[str, str]
) -> None:
    url = priced.url + path
    with httpx.stream("GET", url, headers={**headers, "accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(packed) <= 15 * 1024
    plain = told(priced, path, **headers, **{"accept-encoding": "identity"}).answer
    assert gzip.decompress(packed) == plain.content


@pytest.mark.parametrize(("path", "headers"), FORMS)
def test_head_is_get_without_its_body(priced: Product, path: str, headers: dict[str, str]) -> None:
    url = priced.url + path
    head = httpx.head(url, headers=headers, verify=NO_TLS)
    get = httpx.get(url, headers=headers, verify=NO_TLS)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "cache-control", "vary", "content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(("path", "headers"), FORMS)
def test_a_hostile_address_breaks_nothing_and_is_not_repeated(
    priced: Product, path: str, headers: dict[str, str], query: str
) -> None:
    seen = told(priced, path + query, **headers)
    assert seen.answer.status_code == 200
    assert len(seen.visible) == 6
    for planted in ("<script>alert", "planted", "\x00", "ZZZ", "yearyear", "\u00fc", "\ufffd"):
        assert planted not in seen.html


@pytest.mark.parametrize("language", LANGUAGES, ids=range(len(LANGUAGES)))
def test_a_strange_language_breaks_nothing(priced: Product, language: str) -> None:
    headers = {"accept-language": language.encode("latin-1")}
    for path in ("/pricing", PLANS, API):
        answer = httpx.get(priced.url + path, headers=headers, verify=NO_TLS)
        assert answer.status_code == 200
        assert "1,400" not in answer.text, "in dollars"
