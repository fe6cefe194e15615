"""Choosing a plan while the database is away."""

from collections.abc import Iterator

import pytest

from tests.faults.outages import broken
from tests.holder import Holder
from tests.product import Product
from tests.shop import published_in
from tests.shown_prices import HTMX
from tests.stores import Stores


@pytest.fixture(scope="module")
def served(own_stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder, url = tmp_path_factory.mktemp("plans"), own_stores.new_database()
    published_in(url)
    with Product(folder, url, f"{own_stores.redis_url}?db=3") as product:
        yield product


@pytest.mark.parametrize("how", ["postgres stopped", "postgres suspended"])
def test_who_is_signed_in_can_look_at_plans_meanwhile(
    own_stores: Stores, served: Product, how: str
) -> None:
    owner = Holder(served)
    with broken(own_stores, served, how):
        page = owner.get("/plan?plan=large")
        assert page.status == 200
        assert " Large, " in page.html
        assert owner.get("/plan/chosen", **HTMX).status == 204
