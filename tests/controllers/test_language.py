"""The language of a page: chosen, or else the one the browser prefers."""

from collections.abc import Callable

import pytest

from tests.crowd import sql
from tests.person import Person
from tests.product import Product
from tests.sessions.held import PASSWORD, Owner


def speaking(product: Product, accepted: str) -> Person:
    person = Person(product)
    person.http.headers["accept-language"] = accepted
    return person


def test_a_page_is_in_the_language_that_the_browser_prefers(product: Product) -> None:
    seen = speaking(product, "de-AT,de;q=0.9,en;q=0.5").get("/signup/phone")
    assert '<html lang="de" dir="ltr">' in seen.html
    assert seen.response.headers["content-language"] == "de"
    assert "Accept-Language" in seen.response.headers["vary"]
    assert '<html lang="en" dir="ltr">' in speaking(product, "xx").get("/signup/phone").html


def test_what_is_read_from_right_to_left_says_so(product: Product) -> None:
    assert '<html lang="ar" dir="rtl">' in speaking(product, "ar").get("/").html


def test_a_choice_is_kept_and_goes_first(product: Product) -> None:
    person = speaking(product, "fr")
    person.http.headers["referer"] = f"{product.url}/login/phone?instead"
    seen = person.post("/language", language="de", phone="0151 234", country="DE")
    assert (seen.status, seen.location) == (303, "/login/phone?instead")
    page = person.get("/login/phone")
    assert '<html lang="de"' in page.html
    assert 'value="0151 234"' in page.html
    assert 'value="DE" selected>' in page.html


@pytest.mark.parametrize(
    "referrer",
    [
        "",
        "https://evil.test//evil.test",
        "no address",
        "http://[",
        "https://x.test/%2e%2e",
        "https://x.test/language",
        "https://x.test/logout",
        "https://x.test/signup/restart",
    ],
)
def test_a_choice_leads_to_a_page_of_ours(product: Product, referrer: str) -> None:
    person = Person(product)
    person.http.headers["referer"] = referrer
    assert person.post("/language", language="de").location == "/"


def test_a_language_that_is_not_offered_is_not_kept(product: Product) -> None:
    person = Person(product)
    person.post("/language", language="tlh")
    assert "prefs" not in person.http.cookies


@pytest.mark.parametrize("said", [{"sec-fetch-site": "cross-site"}, {"origin": "null"}, {}])
def test_another_site_chooses_nothing(product: Product, said: dict[str, str]) -> None:
    """Nor a page that does not say where it is from: the form has no token."""
    person = Person(product)
    del person.http.headers["sec-fetch-site"]
    person.http.headers.update(said)
    assert person.post("/language", language="de", email="planted@x.test").status == 403
    assert not {"prefs", "typed"} & {*person.http.cookies}


def test_an_account_takes_its_language_along(product: Product) -> None:
    """To a browser that chose none; one that did keeps its own."""
    owner = Owner.sign_up(product)
    owner.sign_in().post("/language", language="sv")
    fresh, german = Person(product), Person(product)
    german.post("/language", language="de")
    for person in (fresh, german):
        person.submit("/login/password", email=owner.email, password=PASSWORD)
    assert '<html lang="sv"' in fresh.get("/account").html
    assert '<html lang="de"' in german.get("/account").html
    assert "mit Single Sign-on" in german.get("/status").html


def test_a_choice_is_written_where_it_is_another_and_not_often(
    another_product: Callable[..., Product],
) -> None:
    product = another_product(limits="languages_per_account = { windows = [[3600, 3]] }")
    owner = Owner.sign_up(product)
    person, rows = owner.sign_in(), []
    for language in ("sv", "sv", "de", "fr"):
        assert person.post("/language", language=language).status == 303
        rows += sql(product, "SELECT language, xmin FROM users WHERE email = $1", owner.email)
    assert [row["language"] for row in rows] == ["sv", "sv", "de", "de"]
    assert rows[0]["xmin"] == rows[1]["xmin"]
    assert '<html lang="fr"' in person.get("/account").html
