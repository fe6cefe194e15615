"""From a page of a service on another host to the sign-in and back, in a real browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.journeys.conftest import At, Visit
from tests.neighbours import nginx_place, port_of, services_file
from tests.person import PASSWORD
from tests.product import GENEROUS, Product, free_port
from tests.proxies import running_nginx

SHOP = """
server {{
  listen 127.0.0.1:{port};
  default_type text/html;
  return 200 "<title>Shop</title><link rel=icon href=data:,><h1 tabindex=-1 autofocus>Cart of $http_x_latchkey_email</h1>";
}}
"""  # noqa: E501
Place = tuple[At, dict[str, str]]


@pytest.fixture(scope="module")
def place(
    with_settings: Callable[..., At], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """The product, and by its URL the origin of a shop behind nginx."""
    origins: dict[str, str] = {}
    with ExitStack() as stack:

        @cache
        def start(brand: str) -> Product:
            folder, shop = tmp_path_factory.mktemp("shop"), free_port()
            origin = f"http://localhost:{free_port()}"
            env = {"SERVICES": services_file(folder, origin), "TRUSTED_PROXIES": "127.0.0.1/32"}
            product = with_settings(limits=GENEROUS, **env)(brand)
            servers = SHOP.format(port=shop) + nginx_place(product, shop, port_of(origin))
            stack.enter_context(running_nginx(folder, servers))
            origins[product.url] = origin
            return product

        yield start, origins


async def test_a_page_of_a_service_is_come_back_to(each_way: Visit, place: Place) -> None:
    """The policy of our pages lets no form lead elsewhere, and no script follow there."""
    at, origins = place
    visitor = await each_way(at=at)
    origin = origins[visitor.product.url]
    visitor.person.sign_up(visitor.phone, visitor.email)
    tab = visitor.tab
    await tab.page.goto(f"{origin}/cart?item=1")
    await tab.follow("Use my e-mail and password")
    await tab.type("email", visitor.email)
    await tab.type("password", PASSWORD)
    await tab.button("Sign in").click(no_wait_after=True)
    await tab.page.wait_for_url(f"{origin}/cart?item=1")
    assert await tab.page.inner_text("h1") == f"Cart of {visitor.email}"
    await tab.page.goto(f"{origin}/")
    assert await tab.page.inner_text("h1") == f"Cart of {visitor.email}"
