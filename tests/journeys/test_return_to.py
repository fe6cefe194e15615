"""A path that we let through is the very path that a browser asks for."""

from itertools import product as every

from playwright.async_api import Browser

from app.web.remembered_values import sanitize_return_path
from tests.product import Product

PIECES = (
    "/account", "/", ".", "..", "%2e", "%2E%2e", "%2f", "\\", "\t", "\n", " ", "s", "?", "#", "@",
    ":", ";", "//x.example", "\u202e", "．",
)  # fmt: skip
READ = """(paths) => paths.map((path) => {
  const url = new URL(path, location.href);
  return [url.origin === location.origin, url.href.slice(url.origin.length)];
})"""


def paths() -> list[str]:
    """The pieces in every order, up to three behind the first."""
    rest = [piece for length in range(4) for piece in every(PIECES, repeat=length)]
    return ["/account" + "".join(pieces) for pieces in rest]


async def test_what_is_let_through_is_read_by_a_browser_as_we_do(
    chromium: Browser, product: Product
) -> None:
    given = [path for path in paths() if sanitize_return_path(path) == path]
    page = await chromium.new_page()
    await page.goto(product.url)
    assert await page.evaluate(READ, given) == [[True, path] for path in given]
    await page.close()
    assert len(given) > 50
