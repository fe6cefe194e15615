"""Property tests find the same on every machine, however busy it is, and leave nothing behind."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import settings

from tests.shop import Shop
from tests.stores import Stores

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")


@pytest.fixture
async def shop(stores: Stores, tmp_path: Path) -> Shop:
    url = await asyncio.to_thread(stores.new_database)
    return Shop(stores, url, 6, tmp_path / ".latchkey" / "prices.json")
