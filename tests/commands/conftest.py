"""Commands as an operator starts them."""

import pytest

from tests.product import Product


@pytest.fixture
def from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the start is itself what is tested."""
    monkeypatch.setattr(Product, "from_nothing", True)
