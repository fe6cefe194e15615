"""The application without a server, as the world sees it over https: no store behind it answers.

For what only a server does there is a product of a test's own.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from app.dev.app import build
from app.domain.limits import LimitTable
from app.settings import read_settings
from tests.commands.running import PRODUCTION
from tests.product import Product

ORIGIN = "https://login.example.org"
SETTINGS = PRODUCTION | {
    "ENVIRONMENT": "test",
    "BASE_URL": ORIGIN,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


@pytest.fixture
def app() -> Litestar:
    return build(read_settings(SETTINGS), LimitTable(), grace=0)


@pytest.fixture
async def https(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport: Any = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


@pytest.fixture
def own(another_product: Callable[..., Product]) -> Product:
    return another_product()
