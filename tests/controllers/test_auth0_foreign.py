"""The same journeys with an OpenID provider that nobody here wrote, by AUTH0_* settings alone."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.federated import Federated, identities_of, sign_out_of_auth0
from tests.holder import Holder, confirm_by_code
from tests.person import Seen
from tests.product import GENEROUS, Product
from tests.standins.foreign import Browser, running_foreign
from tests.stores import Stores

_names = count(1)
HERE = "/account/identities"


class Traveller(Federated):
    """With a browser of their own at the provider; `login` says there who they are."""

    def __init__(self, product: Product, browser: Browser, login: str = "") -> None:
        self.login = login or f"traveller{next(_names)}"
        super().__init__(product, f"{self.login}@example.org")
        self.browser = browser

    def signs_in(self, purpose: str = "signup") -> Seen:
        return self.follow(self.browser.sign_in(self.leave(purpose), self.login))


@pytest.fixture(scope="module", params=["0", "1"], ids=["like Auth0", "lean"])
def abroad(
    request: pytest.FixtureRequest, stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    folder: Path = tmp_path_factory.mktemp("abroad")
    with (
        running_foreign(folder, LEAN=request.param) as foreign,
        Product(
            folder / "product",
            stores.new_database(),
            f"{stores.redis_url}?db=5",
            limits=GENEROUS,
            **foreign.environment,
        ) as product,
    ):
        yield product


@pytest.fixture
def browser() -> Iterator[Browser]:
    one = Browser()
    yield one
    one.close()


@pytest.fixture
def zoe(abroad: Product, browser: Browser) -> Traveller:
    return Traveller(abroad, browser)


def test_sign_up_out_and_in_with_one_click(zoe: Traveller) -> None:
    page = zoe.signs_in()
    assert page.path == "/signup/phone"
    assert f"{zoe.email}</bdi> with single sign-on; one thing left: your phone." in page.html
    assert zoe.prove_phone().path == "/signup/done"
    assert zoe.post("/logout").location == "/"
    assert not zoe.is_in
    assert zoe.signs_in("login").path == "/account"
    assert len(identities_of(zoe.product, zoe.email)) == 1


@pytest.mark.parametrize("kind", ["unverified", "mailless"])
def test_an_address_it_does_not_vouch_for(abroad: Product, browser: Browser, kind: str) -> None:
    zoe = Traveller(abroad, browser, f"{kind}-{next(_names)}")
    assert "two things left" in zoe.signs_in().html
    assert zoe.prove_phone().path == "/signup/email"
    zoe.give_email(zoe.email)
    assert zoe.give_email_code(zoe.email).path == "/signup/done"


def test_cancelled_there(zoe: Traveller) -> None:
    seen = zoe.follow(zoe.browser.cancel(zoe.leave()))
    assert (seen.status, seen.path) == (200, "/auth0/failed/auth0-denied")
    assert zoe.signs_in().path == "/signup/phone"


def test_resumed_in_another_browser(zoe: Traveller, abroad: Product) -> None:
    zoe.login = f"unverified-{zoe.login}"
    zoe.signs_in()
    assert zoe.prove_phone().path == "/signup/email"
    other = Browser()
    again = Traveller(abroad, other, zoe.login)
    assert again.signs_in("login").path == "/signup/email"
    assert again.opened_nothing
    other.close()


def test_linked_opened_by_it_and_removed(abroad: Product, browser: Browser) -> None:
    owner, name = Holder(abroad), f"traveller{next(_names)}"
    linker = Traveller(abroad, browser, name)
    linker.http.cookies.update(owner.http.cookies)
    assert linker.signs_in("link").path == HERE
    visitor = Traveller(abroad, browser, name)
    assert visitor.signs_in("login").path == "/account"
    [identity] = identities_of(abroad, owner.email)
    assert confirm_by_code(visitor, owner.phone).path == "/account"
    page = visitor.submit_from(HERE, f"{HERE}/{identity['id']}/removal")
    assert "no longer opens your account" in page.html
    assert Traveller(abroad, browser, name).signs_in("login").path == "/signup/phone"


def test_signed_out_there_too(zoe: Traveller) -> None:
    zoe.signs_in()
    zoe.prove_phone()
    url = sign_out_of_auth0(zoe.get(HERE))
    assert zoe.browser.sign_out(url).partition("?")[0] == f"{zoe.product.url}/login"
    zoe.post("/logout")
    zoe.login = f"traveller{next(_names)}"
    assert zoe.signs_in("login").path == "/signup/phone", "asked who it is"


def test_a_number_with_an_account_is_linked(zoe: Traveller) -> None:
    owner = Holder(zoe.product)
    zoe.signs_in()
    assert zoe.prove_phone(owner.phone).path == "/signup/link"
    assert zoe.submit("/signup/link", answer="link").path == "/account/confirm"
    assert confirm_by_code(zoe, owner.email).path == HERE
    zoe.post(f"{HERE}/waiting")
    assert len(identities_of(zoe.product, owner.email)) == 1


def test_the_same_answer_twice(zoe: Traveller) -> None:
    url = zoe.browser.sign_in(zoe.leave(), zoe.login)
    assert zoe.follow(url).path == "/signup/phone"
    assert zoe.follow(url).path == "/auth0/failed/grant-spent"
