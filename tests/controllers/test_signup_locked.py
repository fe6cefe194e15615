"""Contacts with a hundred wrong codes in a row: nothing more is sent there, or taken for them."""

from tests.controllers.test_signup_guesses import CODE, OLDER, guess, texted
from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import Product

WRONG_BEFORE = """
UPDATE {table} SET attempts = 100, last_attempt_at = clock_timestamp()
WHERE id = (SELECT id FROM {table} WHERE {column} = $1 ORDER BY created_at DESC LIMIT 1)
"""
PHONE = WRONG_BEFORE.format(table="phone_verifications", column="phone")
EMAIL = WRONG_BEFORE.format(table="email_verifications", column="email")


def test_a_hundred_wrong_guesses_in_a_row_lock_the_number_for_good(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    texted(product, phone, 2)
    sql(product, PHONE, phone)
    sql(product, OLDER, phone, 72 * 60)
    guessed, other = guess(person, code, 1), Person(product)
    again = person.post(f"{CODE}/resend")
    elsewhere = other.submit("/signup/phone", phone=phone)
    for refused in (guessed, again, elsewhere):
        assert (refused.status, "retry-after" in refused.response.headers) == (429, False)
        assert "so we no longer text it. Use another number, or your" in refused.alert
    assert elsewhere.field("phone") == phone
    assert len(product.messages(phone)) == 2
    assert other.submit("/signup/phone", phone=new_phone()).path == CODE
    events = "SELECT FROM audit_events WHERE details->>'limit' = 'too_many_in_a_row'"
    assert len(sql(product, events)) == 3


def test_a_mailbox_is_locked_too(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    sql(product, EMAIL, email)
    refused = person.submit("/signup/email-code/resend")
    assert (refused.status, len(product.messages(email))) == (429, 1)
    assert "so we no longer send it any. Use another address." in refused.alert
    person.get("/signup/email?change")
    other = person.post("/signup/email?change", email=new_email())
    assert other.location == "/signup/email-code"
