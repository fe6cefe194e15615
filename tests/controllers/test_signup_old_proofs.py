"""What was proved some time ago: it opens nobody else's account, and proves nothing for ever."""

import pytest

from tests.crowd import nth_code, sql
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

PASSWORD = "seven otters paint slowly"
AGED = """
UPDATE {table} SET created_at = created_at - $2::interval, consumed_at = consumed_at - $2::interval
WHERE flow_id IN (SELECT flow_id FROM phone_verifications WHERE phone = $1)
"""


def before_the_password(product: Product, phone: str, email: str) -> Person:
    person = Person(product)
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    return person


def aged(product: Product, phone: str, hours: int) -> None:
    """As if so much time had passed since the sign-up with this number."""
    for table in ("email_verifications", "phone_verifications"):
        statement = AGED.format(table=table).replace("$2::interval", f"interval '{hours} hours'")
        sql(product, statement, phone)


def sessions(product: Product, phone: str) -> int:
    asked = "SELECT count(*) FROM sessions JOIN users u ON u.id = user_id WHERE u.phone = $1"
    return int(sql(product, asked, phone)[0]["count"])


def finish(person: Person, password: str) -> Seen:
    person.get("/signup/password")
    return person.post("/signup/password", password=password)


@pytest.mark.parametrize("password", ["", PASSWORD, "x"])
@pytest.mark.parametrize("hours", [0, 5 * 24])
def test_a_number_that_got_its_account_since_is_proved_anew(
    product: Product, password: str, hours: int
) -> None:
    phone = new_phone()
    former = before_the_password(product, phone, new_email())
    former.get("/signup/password")
    aged(product, phone, hours)
    owner = Person(product)
    owner.give_phone(phone)
    owner.submit("/signup/phone-code", code=nth_code(product, phone, 2))
    if hours:  # else the address proved with the same number is taken over
        owner.give_email(email := new_email())
        owner.give_email_code(email)
    assert owner.give_password(PASSWORD).path == "/signup/done"
    refused = former.post("/signup/password", password=password)
    assert (refused.status, refused.location) == (303, "/signup/phone")
    assert "access" not in former.http.cookies
    assert sessions(product, phone) == 1
    page = former.get("/signup/phone")
    assert (page.status, page.heading) == (200, "Create an account")


def test_who_proves_it_anew_is_let_in(product: Product) -> None:
    phone = new_phone()
    first = before_the_password(product, phone, new_email())
    second = Person(product)
    second.give_phone(phone)
    second.submit("/signup/phone-code", code=nth_code(product, phone, 2))
    assert finish(second, PASSWORD).location == "/signup/done"
    assert finish(first, PASSWORD).location == "/signup/phone"
    assert "Confirm your number once more to continue." in first.get("/signup/phone").html
    first.give_phone(phone)
    entered = first.submit("/signup/phone-code", code=nth_code(product, phone, 3))
    assert (entered.path, entered.heading) == ("/signup/done", "Welcome back")


def test_old_proofs_make_no_account(product: Product) -> None:
    phone = new_phone()
    person = before_the_password(product, phone, new_email())
    person.get("/signup/password")
    aged(product, phone, 21)
    refused = person.post("/signup/password", password=PASSWORD)
    assert (refused.status, refused.location) == (303, "/signup/phone")
    assert "access" not in person.http.cookies
    assert sql(product, "SELECT 1 FROM users WHERE phone = $1", phone) == []


def test_a_flow_whose_account_gave_its_number_away_opens_nobody_elses(product: Product) -> None:
    phone = new_phone()
    person = before_the_password(product, phone, new_email())
    person.get("/signup/password")
    again = Person(product)
    again.http.cookies.update(person.http.cookies)
    page = person.page
    assert person.post("/signup/password", password=PASSWORD).location == "/signup/done"
    sql(product, "UPDATE users SET phone = $2 WHERE phone = $1", phone, new_phone())
    for whose in ("nobody's", "someone else's"):
        again.page = page
        refused = again.post("/signup/password", password=PASSWORD)
        assert (refused.location, "access" in again.http.cookies) == ("/signup/done", False), whose
        if whose == "nobody's":
            Person(product).sign_up(phone, new_email())
    assert sessions(product, phone) == 1
