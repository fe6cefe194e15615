"""The one page of codes, wherever it is: what all of its places say and answer alike."""

import pytest

from tests.holder import Holder
from tests.owner import Owner
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import at_password

HTMX = {"hx-request": "true"}
GUESSED = "Too many wrong tries. This code no longer works, so that nobody can guess it."


def lock(person: Person, path: str, contact: str) -> str:
    """The page, once its code has had its five guesses; `contact` got it."""
    right = person.product.code_for(contact)
    guesses = [f"{n:0{len(right)}}" for n in range(7) if f"{n:0{len(right)}}" != right]
    for guess in guesses[:5]:
        person.submit(path, code=guess)
    return person.get(path).html


def test_a_sign_in_says_why_its_code_ended(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.submit("/login/phone", phone=phone)
    page = lock(person, "/login/phone-code", phone)
    assert f"{GUESSED} We can text a new one to" in page


def test_a_new_address_says_why_its_code_ended(product: Product) -> None:
    owner, email = Owner(product), new_email()
    owner.name("email", email)
    page = lock(owner, "/account/email-code", email)
    assert f"{GUESSED} We can e-mail a new one to" in page


def test_a_page_that_stayed_open_after_a_recovery_went_on_is_told_so(product: Product) -> None:
    """A redirect would be no line of it, and asked for again for ever."""
    person = at_password(product, Holder(product).email)
    line = person.get("/recovery/email-code/delivery", **HTMX)
    assert (line.status, "moved on from this page" in line.html) == (200, True)


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_so_is_one_after_a_contact_was_changed(product: Product, kind: str) -> None:
    owner, value = Owner(product), {"phone": new_phone, "email": new_email}[kind]()
    owner.change(kind, value)
    line = owner.get(f"/account/{kind}-code/delivery", **HTMX)
    assert (line.status, "moved on from this page" in line.html) == (200, True)
    assert "hx-get=" not in line.html
