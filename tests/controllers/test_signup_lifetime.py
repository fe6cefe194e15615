"""A sign-up in progress lives for twenty hours after its last step, wherever it is looked up."""

from redis import Redis

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import Product

PASSWORD = "seven otters paint slowly"
TOO_LATE = "That sign-up has expired. Start again with your number."
OLDER = """
UPDATE {table} SET {column} = {column} - interval '{hours} hours'
WHERE flow_id IN (SELECT flow_id FROM phone_verifications WHERE phone = $1)
"""


def at_the_password(limited: Limited, phone: str) -> Person:
    person = limited.visitor()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email := new_email())
    person.give_email_code(email)
    return person


def older(limited: Limited, phone: str, what: str, hours: int) -> None:
    """As if so much more time had passed since the steps of that; the memory has forgotten them."""
    for column in ("created_at", "consumed_at"):
        table = f"{what}_verifications"
        sql(limited.product, OLDER.format(table=table, column=column, hours=hours), phone)
    limited.flush()


def test_each_step_lets_the_cookie_live_on(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    steps = (
        lambda: person.post("/signup/phone", phone=phone),
        lambda: person.post("/signup/phone-code", code=product.code_for(phone)),
        lambda: person.post("/signup/email", email=email),
        lambda: person.post("/signup/email-code", code=product.code_for(email)),
    )
    for step in steps:
        person.get("/signup/phone")
        person.get(person.page.location or "/signup/phone")
        lines = step().response.headers.get_list("set-cookie")
        assert [line.startswith("flow=b.") and "Max-Age=172800" in line for line in lines] == [True]


def test_it_is_counted_from_the_last_step(limited: Limited) -> None:
    phone = new_phone()
    person = at_the_password(limited, phone)
    older(limited, phone, "phone", 23)
    older(limited, phone, "email", 19)
    assert person.get("/signup/phone").location == "/signup/password"
    assert person.give_password().path == "/signup/done"


def test_later_the_person_is_told_that_it_was_too_long_ago(limited: Limited) -> None:
    phone = new_phone()
    person = at_the_password(limited, phone)
    older(limited, phone, "phone", 22)
    older(limited, phone, "email", 21)
    assert person.get("/signup/password").location == "/signup/phone"
    assert TOO_LATE in person.get("/signup/phone").html


def test_the_next_day_the_number_is_asked_for_again(limited: Limited) -> None:
    phone = new_phone()
    person = at_the_password(limited, phone)
    older(limited, phone, "phone", 25)
    older(limited, phone, "email", 1)
    assert person.get("/signup/password").location == "/signup/phone"


def test_nor_does_it_finish_what_is_still_remembered(limited: Limited) -> None:
    phone = new_phone()
    person = at_the_password(limited, phone)
    person.get("/signup/password")
    for column in ("created_at", "consumed_at"):
        old = OLDER.format(table="phone_verifications", column=column, hours=25)
        sql(limited.product, old, phone)
    assert person.post("/signup/password", password=PASSWORD).location == "/signup/phone"
    assert TOO_LATE in person.get("/signup/phone").html
    assert sql(limited.product, "SELECT 1 FROM users WHERE phone = $1", phone) == []


def test_rebuilding_it_does_not_let_it_live_longer(limited: Limited) -> None:
    phone = new_phone()
    person = at_the_password(limited, phone)
    older(limited, phone, "phone", 19)
    older(limited, phone, "email", 19)
    person.get("/signup/password")
    with Redis.from_url(limited.valkey.url) as memory:
        [key] = memory.keys("*signup:*")
        assert 0 < memory.ttl(key) <= 3600
