"""Prices of a product under test: published as the command does, then waited for."""

import asyncio
from time import monotonic, sleep

import httpx

from app.adapters.postgres import Postgres
from app.domain.pricing.price_file import BELIEVABLE, read_price_file
from app.domain.pricing.versions import publish
from tests.product import NO_TLS, PATIENCE, Product


def publish_prices(product: Product, *changes: tuple[str, str]) -> int:
    """The believable prices, with each pair's second words in the place of its first. Returns the
    version, once it is shown.
    """
    text = BELIEVABLE.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    version = asyncio.run(_published(product.env["DATABASE_URL"], text))
    deadline = monotonic() + PATIENCE
    while shown_version(product) != version and monotonic() < deadline:
        sleep(0.05)
    assert shown_version(product) == version
    return version


def shown_version(product: Product) -> int:
    told = httpx.get(f"{product.url}/api/v1/pricing", verify=NO_TLS).json()
    return int(told["version"])


async def _published(database_url: str, text: str) -> int:
    database = Postgres(database_url)
    await database.open()
    try:
        version, _ = await publish(database, read_price_file(text), None)
    finally:
        await database.close()
    return version
