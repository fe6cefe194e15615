"""The console over one database, and operators of it, each at an address of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count

import pytest
from litestar import Litestar

from tests.console.operator import Operator, console_at
from tests.stores import Stores

_addresses = count(1)
Operators = Callable[..., Operator]


@pytest.fixture(scope="package")
async def url(stores: Stores) -> str:
    return await asyncio.to_thread(stores.new_database)


@pytest.fixture(scope="package")
async def console(stores: Stores, url: str) -> AsyncIterator[Litestar]:
    async with console_at(url, f"{stores.redis_url}?db=5") as application:
        yield application


@pytest.fixture
async def operators(console: Litestar) -> AsyncIterator[Operators]:
    made: list[Operator] = []

    def make(**options: str) -> Operator:
        number = next(_addresses)
        made.append(Operator(console, f"10.{number // 250}.{number % 250}.1", **options))
        return made[-1]

    yield make
    for each in made:
        await each.http.aclose()


@pytest.fixture
async def operator(operators: Operators) -> Operator:
    """Signed in as Ada."""
    one = operators()
    assert (await one.sign_in()).status == 303
    return one
