"""Commands as an operator starts them."""

import pytest

from tests.product import Product


@pytest.fixture(autouse=True)
def from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a start is itself what is tested."""
    monkeypatch.setattr(Product, "from_nothing", True)
