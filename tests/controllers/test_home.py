"""The home page, and the header of the pages that are public for everybody else."""

import pytest

from tests.holder import Holder
from tests.person import Person
from tests.product import Product


def test_the_home_page_leads_to_sign_up(product: Product) -> None:
    home = Person(product).get("/")
    assert home.status == 200
    assert 'href="/signup"' in home.html


def test_the_home_page_is_the_same_for_everybody(product: Product) -> None:
    home = Person(product).get("/")
    assert home.response.headers["cache-control"].startswith("public")
    assert home.response.headers["vary"] == (
        "HX-Request, HX-Request-Type, Accept-Encoding, Cookie, Accept-Language"
    )
    assert "set-cookie" not in home.response.headers


@pytest.fixture(scope="module")
def holder(product: Product) -> Holder:
    return Holder(product)


@pytest.mark.parametrize("path", ["/", "/pricing", "/status"])
def test_whoever_is_signed_in_finds_their_account_there(holder: Holder, path: str) -> None:
    page = holder.get(path)
    assert page.response.headers["cache-control"] == "private, no-store"
    assert f'Signed in as <bdi dir="ltr">{holder.email}</bdi>' in page.html
    assert ('action="/logout"' in page.html, 'href="/login"' in page.html) == (True, False)


def test_what_was_not_looked_up_leads_to_the_account_too(holder: Holder) -> None:
    page = holder.get("/nowhere")
    assert ('action="/logout"' in page.html, holder.email in page.html) == (True, False)
    fragment = holder.get("/nowhere", **{"hx-request": "true"})
    assert '<div id="who" hx-swap-oob="innerHTML"><details' in fragment.html


def test_an_expired_access_token_is_renewed_there_too(product: Product) -> None:
    owner = Holder(product)
    owner.http.cookies.delete("access")
    assert owner.email in owner.get("/pricing").html
    assert "access" in owner.http.cookies
    assert owner.post("/logout").location == "/", "by the form in the header"
    assert owner.get("/account").location == "/login?return_to=/account"


def test_cookies_of_a_session_that_is_over_show_nobody(product: Product) -> None:
    stranger = Person(product)
    for name in ("access", "refresh"):
        stranger.http.cookies.set(name, "x", domain="127.0.0.1")
    page = stranger.get("/")
    assert page.response.headers["cache-control"] == "private, no-store"
    assert ("/logout" in page.html, 'href="/login"' in page.html) == (False, True)


def test_others_find_the_way_to_sign_in_once(product: Product) -> None:
    for path in ("/", "/pricing", "/nowhere"):
        assert Person(product).get(path).html.count('href="/login"') == 1
    assert 'id="who"></div>' in Person(product).get("/login").html
