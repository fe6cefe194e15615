"""Codes to someone's own contact, within their session, have a budget that no stranger uses up."""

from collections.abc import Callable
from time import sleep

import pytest

from app.domain.delivery.send_limiter import ShortIdempotencyKey
from tests.crowd import sql
from tests.federated import Federated
from tests.holder import PASSWORD, Holder, confirm_by_code
from tests.lost import HERE
from tests.owner import Owner
from tests.person import Person, new_phone
from tests.product import Product
from tests.recovering import ask
from tests.stores import Stores

# A sign-up and a sign-in use two of the number's; strangers the rest.
FEW = """
texts_per_number = { windows = [[3600, 3]] }
texts_per_block = { windows = [[3600, 3]] }
mails_per_mailbox = { windows = [[3600, 3]] }
"""
OWN_FEW = """
texts_per_session = { windows = [[3600, 1]] }
texts_per_own_number = { windows = [[3600, 2]] }
mails_per_session = { windows = [[3600, 1]] }
mails_per_own_mailbox = { windows = [[3600, 2]] }
"""
ONE_EACH = """
texts_per_number = { windows = [[3600, 9]] }
texts_per_own_number = { windows = [[3600, 1]] }
mails_per_own_mailbox = { windows = [[3600, 1]] }
"""
RECENT = "SELECT FROM deliveries WHERE destination = $1 AND purpose LIKE 'confirm%'"


@pytest.fixture(params=["whole", "forgotten"])
def memory(stores: Stores, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Redis has counted what was sent, or has forgotten it."""
    return (lambda: None) if request.param == "whole" else (lambda: stores.valkey_flush(1))


def use_up(product: Product, holder: Holder) -> None:
    """Strangers ask for codes to both contacts until none is sent any more."""
    for _ in range(3):
        stranger = Person(product)
        stranger.get("/signup/phone")
        last = stranger.post("/signup/phone", phone=holder.phone)
        ask(Person(product), holder.email)
    assert last.status == 429


def send(browser: Person) -> int:
    """Asks for a code to confirm with."""
    browser.get("/account/confirm")
    return browser.post("/account/confirm/code").status


def test_strangers_keep_nobody_from_confirming(
    emptied_product: Callable[..., Product], memory: Callable[[], None]
) -> None:
    product = emptied_product(limits=FEW)
    holder = Holder(product)
    by_password, by_phone = holder.elsewhere(), holder.by_phone()
    use_up(product, holder)
    memory()
    assert confirm_by_code(by_phone, holder.email).path == "/account"
    memory()
    assert confirm_by_code(by_password, holder.phone).path == "/account"


def test_nor_from_confirming_without_the_phone(emptied_product: Callable[..., Product]) -> None:
    product = emptied_product(limits=FEW)
    holder = Holder(product)
    browser = holder.elsewhere()
    use_up(product, holder)
    had = len(product.codes_for(holder.email))
    browser.submit(HERE, password=PASSWORD)
    landed = browser.submit(HERE, code=product.code_for(holder.email, had))
    assert (landed.status, landed.path) == (200, "/account")


@pytest.mark.parametrize("contact", ["phone", "email"])
def test_they_are_bounded_for_a_session_and_for_the_contact(
    emptied_product: Callable[..., Product], contact: str
) -> None:
    product = emptied_product(limits=OWN_FEW + "texts_per_number = { windows = [[3600, 9]] }")
    holder = Holder(product)
    sign_in = holder.elsewhere if contact == "phone" else holder.by_phone
    first, second, third = sign_in(), sign_in(), sign_in()
    assert send(first) == 303
    sleep(ShortIdempotencyKey.seconds + 0.1)
    assert [send(one) for one in (first, second, third)] == [429, 303, 429]
    to = holder.phone if contact == "phone" else holder.email
    assert len(sql(product, RECENT, to)) == 2


def used_up(contact: str, sign_in: Callable[[], Person]) -> bool:
    """Two sessions ask for a code, of which only one is sent any more."""
    one, other = sign_in(), sign_in()
    had = len(one.product.codes_for(contact))
    statuses = [send(one), send(other)]
    return statuses == [303, 429] and bool(one.product.code_for(contact, had))


def test_who_has_the_number_uses_up_no_mails_of_who_has_the_password(
    emptied_product: Callable[..., Product], memory: Callable[[], None]
) -> None:
    """And so keeps nobody from confirming without the phone."""
    product = emptied_product(limits=ONE_EACH)
    holder = Holder(product)
    owner = holder.elsewhere()
    assert used_up(holder.email, holder.by_phone)
    memory()
    had = len(product.codes_for(holder.email))
    owner.submit(HERE, password=PASSWORD)
    landed = owner.submit(HERE, code=product.code_for(holder.email, had))
    assert (landed.status, landed.path) == (200, "/account")
    memory()
    assert send(holder.by_phone()) == 429, "theirs stays used up"


def test_who_has_the_password_uses_up_no_texts_of_who_came_with_auth0(
    emptied_product: Callable[..., Product], memory: Callable[[], None]
) -> None:
    product = emptied_product(limits=ONE_EACH)
    owner = Federated(product)
    assert owner.sign_up_with_auth0().path == "/signup/done"
    owner.submit("/account/password", password=PASSWORD)
    back = Federated(product, owner.email)
    assert back.come_with_auth0("login").path == "/account"
    assert used_up(owner.phone, lambda: by_password(owner))
    memory()
    assert confirm_by_code(back, owner.phone).path == "/account"
    memory()
    assert send(by_password(owner)) == 429


def by_password(owner: Federated) -> Person:
    person = Person(owner.product)
    landed = person.submit("/login/password", email=owner.email, password=PASSWORD)
    assert landed.path == "/account"
    return person


def test_one_account_has_only_some_numbers_texted(emptied_product: Callable[..., Product]) -> None:
    """From whatever addresses it asks: their room is that of people who proved a mailbox."""
    few = "new_numbers_per_account = { windows = [[86400, 2]] }"
    product = emptied_product(limits=few, TRUSTED_PROXIES="127.0.0.1/32")
    owner, seen = Owner(product), []
    for n in range(3):
        owner.http.headers["x-forwarded-for"] = f"10.9.{n}.1"
        owner.get("/account/phone")
        seen.append(owner.post("/account/phone", phone=new_phone()).status)
    assert seen == [303, 303, 429]
    texts = "SELECT FROM deliveries WHERE purpose = 'change-phone'"
    assert len(sql(product, texts)) == 2
    named = sql(product, "SELECT limit_name FROM refused_sends")
    assert [tuple(row) for row in named] == [("new_numbers_per_account",)]
