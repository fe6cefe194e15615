"""A session that is ended while it changes the account changes nothing any more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crowd import sql
from tests.faults.staged import held, until, waiting
from tests.owner import Owner
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.sessions.mint import claims_of

ACCOUNT = "SELECT phone, email, password_hash FROM users WHERE phone = $1"
LOCK = "SELECT FROM users WHERE phone = '{phone}' FOR UPDATE"

Form = tuple[str, dict[str, str]]


def new_password(person: Person) -> Form:
    person.get("/account/password")
    return "/account/password", {"password": "seven grey otters swim"}


def other_email(person: Person) -> Form:
    person.submit("/account/email", email=(email := new_email()))
    return "/account/email-code", {"code": person.product.code_for(email)}


def other_phone(person: Person) -> Form:
    person.submit("/account/phone", phone=(phone := new_phone()))
    return "/account/phone-code", {"code": person.product.code_for(phone)}


def deletion(person: Person) -> Form:
    person.get("/account/deletion")
    return "/account/deletion", {}


@pytest.mark.parametrize("change", [new_password, other_email, other_phone, deletion])
def test_it_is_led_to_the_sign_in(product: Product, change: Callable[[Person], Form]) -> None:
    owner = Owner(product)
    other = owner.confirmed_elsewhere()
    path, form = change(other)
    before, url = sql(product, ACCOUNT, owner.phone), product.env["DATABASE_URL"]
    owner.get("/account/sessions")
    session = claims_of(other.http.cookies["access"])["sid"]
    with ThreadPoolExecutor() as threads:
        with held(url, LOCK.format(phone=owner.phone)):
            late = threads.submit(other.post, path, **form)
            until(lambda: waiting(url) > 0)
            assert owner.post(f"/account/sessions/{session}/revocation").status == 303
        assert late.result().location == f"/login?return_to={path}"
    assert sql(product, ACCOUNT, owner.phone) == before
