"""A new `SECRET_KEY` before the old one: what was wrong still counts, and devices stay known."""

from collections.abc import Callable

import pytest

from app.settings import DEVELOPMENT_KEY
from tests.commands.running import latchkey
from tests.controllers.test_devices_forgotten import sign_in
from tests.controllers.test_login_limits import attempt
from tests.holder import PASSWORD, Holder
from tests.person import Person
from tests.product import Product

BOTH = f"5d1f0e9c7a3b48629e0d6c1b7f24a853,{DEVELOPMENT_KEY}"


@pytest.fixture
def owner(another_product: Callable[..., Product]) -> Holder:
    """Strangers have locked the password, and the key was replaced since."""
    owner = Holder(another_product())
    for address in ("127.0.0.2", "127.0.0.3"):
        person = Person(owner.product, address)
        assert [attempt(person, owner.email).status for _ in range(5)] == [422] * 5
    owner.product.stop()
    owner.product.env["SECRET_KEY"] = BOTH
    owner.product.start()
    return owner


def test_a_lock_stays_and_an_operator_lifts_it(owner: Holder) -> None:
    stranger = Person(owner.product, "127.0.0.4")
    assert attempt(stranger, owner.email, PASSWORD).status == 429
    unlocked = latchkey(
        owner.product.folder, "person", "unlock", owner.email, "--yes", **owner.product.env
    )
    assert "10 wrong passwords count no more" in unlocked.stdout
    assert attempt(stranger, owner.email, PASSWORD).location == "/account"


def test_a_device_stays_known(owner: Holder) -> None:
    assert sign_in(owner, owner, PASSWORD) == 0
