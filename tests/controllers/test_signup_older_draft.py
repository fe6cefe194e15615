"""Redis that holds a draft of an earlier step: nobody who has done more is sent back by it."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from tests.person import PASSWORD, Person, new_email, new_phone
from tests.pressed import Pressed
from tests.product import Product


@contextmanager
def losing_what_comes(product: Product) -> Iterator[None]:
    """As a failover to a replica that lacks the last writes does."""
    with Redis.from_url(product.env["REDIS_URL"]) as memory:
        before = {key: memory.dump(key) for key in memory.keys("*signup:*")}
        yield
        for key, value in before.items():
            memory.restore(key, 60_000, value, replace=True)


def test_each_step_is_where_the_person_left_it(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    with losing_what_comes(product):
        assert person.give_email(email).path == "/signup/email-code"
    assert person.get("/signup/email-code").status == 200
    code = person.code(email)
    with losing_what_comes(product):
        assert person.submit("/signup/email-code", code=code).path == "/signup/password"
    assert person.submit("/signup/password", password=PASSWORD).path == "/signup/done"


def test_so_it_is_where_the_address_comes_first(pressed: Pressed) -> None:
    phone, email = new_phone(), new_email()
    person = pressed.named(phone)
    assert person.give_email(email).path == "/signup/email-code"
    with losing_what_comes(pressed.product):
        assert person.give_email_code(email).path == "/signup/phone-code"
    proved = person.post("/signup/phone-code", code=person.code(phone))
    assert proved.location == "/signup/password"
