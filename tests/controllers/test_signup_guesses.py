"""Guesses at codes: who counts them, what ends a code, and what a code proves."""

from tests.crowd import nth_code, sql, wrong, wrong_codes
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.stores import Stores

CODE = "/signup/phone-code"
EXPIRE = "UPDATE phone_verifications SET expires_at = clock_timestamp() - interval '1 s'"
OLDER = """
UPDATE phone_verifications SET last_attempt_at = last_attempt_at - make_interval(mins => $2)
WHERE phone = $1
"""


def texted(product: Product, phone: str, number: int = 1) -> tuple[Person, str]:
    """Someone with a new browser who asked for a text, and the code in it."""
    person = Person(product)
    person.give_phone(phone)
    return person, nth_code(product, phone, number)


def guess(person: Person, code: str, times: int) -> Seen:
    """The code, then others: the same one again would not be counted."""
    person.get(CODE)
    for each in (code, *wrong_codes(code, times - 1)):
        seen = person.post(CODE, code=each)
    return seen


def guess_wrong(product: Product, phone: str, *numbers: int) -> None:
    """Five wrong guesses at the code of each text to the phone, each in a browser of its own."""
    for number in numbers:
        person, code = texted(product, phone, number)
        guess(person, wrong(code), 5)


def test_ten_wrong_guesses_lock_the_number_for_everybody(product: Product, stores: Stores) -> None:
    phone = new_phone()
    guess_wrong(product, phone, 1, 2)
    stores.valkey_flush(0)
    person, code = texted(product, phone, 3)
    refused = guess(person, code, 1)
    assert (refused.status, refused.response.headers["retry-after"]) == (429, "3600")
    assert "Too many wrong codes for this number. Try again in 1 hour." in refused.alert
    assert refused.field("code") == code


def test_the_lock_tells_how_long_it_still_lasts(product: Product) -> None:
    phone = new_phone()
    guess_wrong(product, phone, 1, 2)
    sql(product, OLDER, phone, 20)
    person, code = texted(product, phone, 3)
    refused = guess(person, code, 1)
    assert (refused.status, refused.response.headers["retry-after"]) == (429, "2400")
    assert "Try again in 40 minutes." in refused.alert


def test_the_lock_is_over_after_an_hour(product: Product) -> None:
    phone = new_phone()
    guess_wrong(product, phone, 1, 2)
    sql(product, OLDER, phone, 61)
    person, code = texted(product, phone, 3)
    assert guess(person, code, 1).location == "/signup/email"


def test_twenty_wrong_guesses_lock_the_number_for_the_day(product: Product) -> None:
    phone = new_phone()
    guess_wrong(product, phone, 1, 2)
    sql(product, OLDER, phone, 120)
    guess_wrong(product, phone, 3, 4)
    sql(product, OLDER, phone, 60)
    person, code = texted(product, phone, 5)
    refused = guess(person, code, 1)
    assert (refused.status, refused.response.headers["retry-after"]) == (429, str(21 * 3600))


def test_a_mailbox_is_locked_like_a_number(product: Product) -> None:
    email = new_email()
    for number in range(1, 4):
        phone = new_phone()
        person, _ = texted(product, phone)
        person.give_phone_code(phone)
        person.give_email(email)
        code = nth_code(product, email, number)
        for _ in range(5 if number < 3 else 0):
            person.post("/signup/email-code", code=(code := wrong(code)))
    assert person.post("/signup/email-code", code=code).status == 429


def test_the_fifth_wrong_guess_says_it_was_the_last(product: Product) -> None:
    person, code = texted(product, new_phone())
    *_, fourth, fifth = wrong_codes(code, 5)
    assert guess(person, wrong(code), 3).alert.endswith("You have 2 tries left with this code.")
    assert guess(person, fourth, 1).alert.endswith("You have 1 try left with this code.")
    last = guess(person, fifth, 1)
    assert last.status == 422
    assert "that was the last try. Ask for a new one below." in last.alert
    assert guess(person, code, 1).heading == "That code is locked"


def test_guesses_are_counted_across_a_resend(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    guess(person, wrong(code), 4)
    person.post(f"{CODE}/resend")
    assert nth_code(product, phone, 2) == code
    assert "the last try" in guess(person, wrong_codes(code, 5)[-1], 1).alert
    person.post(f"{CODE}/resend")
    fresh = nth_code(product, phone, 3)
    assert fresh != code
    assert guess(person, fresh, 1).location == "/signup/email"


def test_an_expired_code_says_so(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    sql(product, f"{EXPIRE} WHERE phone = $1", phone)
    assert person.get(CODE).heading == "That code has expired"
    refused = guess(person, code, 1)
    assert (refused.status, refused.heading) == (422, "That code has expired")
    assert refused.alert == ""  # the heading has said it
    assert "We sent a new code." in person.get(person.post(f"{CODE}/resend").location).html
    assert guess(person, nth_code(product, phone, 2), 1).location == "/signup/email"


def test_a_code_works_once(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    assert guess(person, code, 1).location == "/signup/email"
    assert person.post(CODE, code=code).location == "/signup/email"
    again, fresh = texted(product, phone, 2)
    assert fresh != code
    assert guess(again, code, 1).status == 422


def test_a_code_proves_only_the_flow_it_was_sent_for(product: Product) -> None:
    phone = new_phone()
    first, first_code = texted(product, phone, 1)
    second, second_code = texted(product, phone, 2)
    assert guess(first, second_code, 1).status == 422
    assert guess(second, first_code, 1).status == 422
    assert guess(first, first_code, 1).location == "/signup/email"
    assert guess(second, second_code, 1).location == "/signup/email"


def test_changing_the_number_ends_the_old_code(product: Product) -> None:
    person, code = texted(product, new_phone())
    person.get("/signup/phone?change")
    assert person.post("/signup/phone?change", phone=(other := new_phone())).location == CODE
    assert guess(person, code, 1).status == 422
    assert guess(person, product.code_for(other), 1).location == "/signup/email"


def test_going_back_to_the_first_number_sends_a_new_code(product: Product) -> None:
    person, old = texted(product, phone := new_phone())
    for changed in (new_phone(), phone):
        person.get("/signup/phone?change")
        assert person.post("/signup/phone?change", phone=changed).location == CODE
    fresh = nth_code(product, phone, 2)
    assert fresh != old
    assert guess(person, fresh, 1).location == "/signup/email"
