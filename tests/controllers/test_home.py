"""The home page."""

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
        "HX-Request, HX-Request-Type, Accept-Encoding, Accept-Language"
    )
    assert "set-cookie" not in home.response.headers
