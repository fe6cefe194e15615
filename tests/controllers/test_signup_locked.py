"""A hundred wrong codes in a row for a contact: strangers are held to few, and nobody for ever."""

from collections.abc import Callable

import pytest

from tests.commands.running import latchkey
from tests.controllers.test_signup_guesses import CODE, OLDER, guess, guess_wrong, texted
from tests.crowd import nth_code, sql, wrong, wrong_codes
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.recovering import mails
from tests.sessions.held import Owner
from tests.subjects import subject_of

FAILED = "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, $2)"
COUNTED = """
SELECT in_a_row - forgiven AS in_a_row FROM contact_failures
WHERE subject = $1 AND in_a_row > forgiven
"""
HELD = "a hundred wrong codes in a row for your phone number"


def is_held(seen: Seen) -> bool:
    """Told how long to wait: nearly a day."""
    told = int(seen.response.headers.get("retry-after", "0"))
    return seen.status == 429 and 23 * 3600 < told <= 24 * 3600 and "Try again in" in seen.alert


@pytest.fixture
def held(product: Product) -> str:
    """A number nobody has, for which strangers have used up what they have of the day."""
    sql(product, FAILED, subject_of(phone := new_phone()), 99)
    guess_wrong(product, phone, 1)
    return phone


def test_after_a_hundred_in_a_row_strangers_have_five_a_day_and_are_told_the_wait(
    product: Product, held: str
) -> None:
    person, code = texted(product, held, 2)
    assert is_held(guess(person, code, 1))
    assert sql(product, COUNTED, subject_of(held))[0]["in_a_row"] == 104
    sql(product, OLDER, held, 24 * 60)
    assert guess(person, code, 1).location == "/signup/email"
    assert sql(product, COUNTED, subject_of(held)) == []


def test_codes_are_sent_there_all_the_same(product: Product, held: str) -> None:
    person, code = texted(product, held, 2)
    person.get(CODE)
    assert person.post(f"{CODE}/resend").location == CODE
    assert nth_code(product, held, 3) == code


def test_whoever_has_proved_an_address_has_five_of_their_own(product: Product, held: str) -> None:
    person, first = Person(product), new_phone()
    person.give_phone(first)
    person.give_phone_code(first)
    person.give_email(email := new_email())
    person.give_email_code(email)
    person.get("/signup/phone?change")
    assert person.post("/signup/phone?change", phone=held).location == CODE
    code = nth_code(product, held, 2)
    assert [guess(person, wrong(code), 4).status, guess(person, code, 1).status] == [422, 303]


def test_a_device_of_the_owners_has_a_budget_of_its_own(product: Product) -> None:
    owner = Owner.sign_up(product)
    known = owner.sign_in()
    known.get("/account")
    known.post("/logout")
    sql(product, FAILED, subject_of(owner.phone), 200)
    guess_wrong(product, owner.phone, 2)
    stranger, code = texted(product, owner.phone, 3)
    assert is_held(guess(stranger, code, 1))
    known.submit("/login/phone", phone=owner.phone)
    code = nth_code(product, owner.phone, 4)
    for other in wrong_codes(code, 4):
        assert known.post("/login/phone-code", code=other).status == 422
    assert known.post("/login/phone-code", code=code).location == "/account"
    assert sql(product, COUNTED, subject_of(owner.phone)) == []


def by_password(owner: Owner) -> None:
    owner.sign_in()


def by_operator(owner: Owner) -> None:
    env = {"DATABASE_URL": owner.product.env["DATABASE_URL"], "ENVIRONMENT": "test"}
    told = latchkey(owner.product.folder, "person", "unlock", owner.email, "--yes", **env)
    assert (told.returncode, told.stdout[:9]) == (0, "Unlocked:")


@pytest.mark.parametrize("lifted", [by_password, by_operator])
def test_another_way_in_or_an_operator_lifts_it(
    product: Product, lifted: Callable[[Owner], None]
) -> None:
    owner = Owner.sign_up(product)
    sql(product, FAILED, subject_of(owner.phone), 200)
    guess_wrong(product, owner.phone, 2)
    stranger, code = texted(product, owner.phone, 3)
    assert is_held(guess(stranger, code, 1))
    lifted(owner)
    assert guess(stranger, code, 1).location == "/signup/done"


def test_the_owner_is_mailed_once_with_what_to_do(product: Product) -> None:
    owner = Owner.sign_up(product)
    sql(product, FAILED, subject_of(owner.phone), 98)
    guess_wrong(product, owner.phone, 2)
    [letter] = mails(product, owner.email, HELD, 1)
    assert "Sign in once, in any way" in letter.body
    sql(product, OLDER, owner.phone, 24 * 60)
    guess_wrong(product, owner.phone, 3)
    owner.sign_in()
    assert len(mails(product, owner.email, HELD, 1)) == 1


def test_a_mailbox_is_held_too(product: Product) -> None:
    sql(product, FAILED, subject_of(email := new_email()), 99)
    for number in (1, 2):
        person, _ = texted(product, phone := new_phone())
        person.give_phone_code(phone)
        person.give_email(email)
        code = nth_code(product, email, number)
        for other in wrong_codes(code, 5 if number == 1 else 0):
            assert person.post("/signup/email-code", code=other).status == 422
    assert is_held(person.post("/signup/email-code", code=code))


def test_the_very_same_wrong_code_again_is_not_counted(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    person.get(CODE)
    again = [person.post(CODE, code=wrong(code)) for _ in range(8)]
    assert {seen.alert for seen in again} == {again[0].alert}
    asked = "SELECT attempts FROM phone_verifications WHERE phone = $1"
    assert sql(product, asked, phone)[0]["attempts"] == 1
    assert sql(product, COUNTED, subject_of(phone))[0]["in_a_row"] == 1
    assert guess(person, code, 1).location == "/signup/email"
