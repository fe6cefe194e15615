"""An identity that is taken back opens and confirms nothing, even at that very moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.staged import held, until, waiting
from tests.federated import Federated, identities_of
from tests.holder import Holder
from tests.owner import Owner
from tests.person import Seen, new_email
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

HERE = "/account/identities"
HOLD = "SELECT 1 FROM users WHERE email = '{email}' FOR UPDATE"


class Linker(Owner, Federated):
    """With an account by phone and password, and one linked identity of that other address."""

    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)
        self.come_with_auth0("link", email=(address := new_email()))
        self.linked = address

    def removal(self) -> Callable[[], Seen]:
        """Asks for it when called."""
        [identity] = identities_of(self.product, self.email)
        self.get(HERE)
        return lambda: self.post(f"{HERE}/{identity['id']}/removal")

    def recovery(self) -> Callable[[], Seen]:
        person = at_password(self.product, self.email)
        return lambda: person.post("/recovery/password", password=NEW_PASSWORD)


@pytest.fixture
def owner(product: Product) -> Linker:
    return Linker(product)


def one_after_the_other(owner: Linker, *asked: Callable[[], Seen]) -> list[Seen]:
    """All of them wait for the row of the person, in this order, before any of them gets it."""
    url = owner.product.env["DATABASE_URL"]
    with ThreadPoolExecutor() as threads:
        with held(url, HOLD.format(email=owner.email)):
            answers = []
            for number, ask in enumerate(asked, start=1):
                answers.append(threads.submit(ask))
                until(lambda: waiting(url) >= number)  # noqa: B023
        return [answer.result() for answer in answers]


@pytest.mark.parametrize("taken_back", [Linker.removal, Linker.recovery])
def test_it_opens_no_session(
    owner: Linker, taken_back: Callable[[Linker], Callable[[], Seen]]
) -> None:
    visitor, ask = Federated(owner.product, owner.linked), taken_back(owner)
    url = visitor.answered("login")
    answers = one_after_the_other(owner, ask, lambda: visitor.get(url))
    assert [answer.status for answer in answers] == [303, 303]
    assert identities_of(owner.product, owner.email) == []
    assert not visitor.is_in


def test_it_confirms_no_session(owner: Linker) -> None:
    visitor, ask = Federated(owner.product, owner.linked), owner.removal()
    visitor.http.cookies.update(owner.by_phone().http.cookies)
    url = visitor.answered("confirm")
    _, answer = one_after_the_other(owner, ask, lambda: visitor.get(url))
    assert answer.location.startswith("/auth0/failed/auth0-not-linked")
    assert visitor.get("/account/data").status == 303


def test_a_removed_one_has_confirmed_nothing(owner: Linker) -> None:
    by_it, by_code = Federated(owner.product, owner.linked), owner.confirmed_elsewhere()
    by_it.http.cookies.update(owner.by_phone().http.cookies)
    assert by_it.come_with_auth0("confirm").path == "/account"
    assert by_it.get("/account/data").status == 200
    owner.removal()()
    assert by_it.is_in
    assert by_it.get("/account/data").status == 303
    assert by_code.get("/account/data").status == 200
