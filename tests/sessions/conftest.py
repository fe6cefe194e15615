"""One deployment in two processes, as two workers are; a test can say which of them it asks."""

from collections.abc import Iterator

import pytest

from tests.product import GENEROUS, Product
from tests.sessions.held import Owner
from tests.sessions.mint import Mint
from tests.stores import Stores

Pair = tuple[Product, Product]


@pytest.fixture(scope="package")
def pair(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    where = (tmp_path_factory.mktemp("pair"), stores.new_database(), f"{stores.redis_url}?db=4")
    one = Product(*where, limits=GENEROUS)
    other = Product(*where, limits=GENEROUS, BASE_URL=one.url)
    try:
        yield one.start(), other.start()
    finally:
        one.close()
        other.close()


@pytest.fixture
def owner(pair: Pair) -> Owner:
    return Owner.sign_up(pair[0])


@pytest.fixture(scope="package")
def mint(pair: Pair) -> Mint:
    return Mint.of(pair[0])
