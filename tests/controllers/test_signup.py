"""The sign-up over HTTP, from the first page to the account."""

from tests.owner import spoken
from tests.person import Person, new_email, new_phone
from tests.product import Product


def test_a_phone_sign_up_ends_signed_in(product: Product) -> None:
    phone, email = new_phone(), new_email()
    person = Person(product)
    done = person.sign_up(phone, email)
    assert (done.status, done.path, done.heading) == (200, "/signup/done", "Your account is ready")
    assert spoken(phone) in done.html
    assert email in done.html
    assert {"access", "refresh"} <= set(person.http.cookies)
