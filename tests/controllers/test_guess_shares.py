"""Wrong codes from one address use up a share of what a contact has, and not all of it."""

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import answers, at_once, nth_code, sql, wrong_codes
from tests.person import Person, new_email, new_phone
from tests.subjects import subject_of

CODE = "/signup/phone-code"
ONE, NEIGHBOUR, FAR = "203.0.113.7", "203.0.113.8", "198.51.100.9"
EARLIER = """
UPDATE phone_verifications SET last_attempt_at = last_attempt_at - make_interval(mins => $2)
WHERE phone = $1
"""
FAILED = "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, 99)"
KEPT = "SELECT array_agg(guessed_from) AS places FROM phone_verifications WHERE phone = $1"


def texted(limited: Limited, phone: str, address: str) -> tuple[Person, str]:
    """Someone there with a new browser, and the code of the newest text to the phone."""
    limited.wait(3600)
    person, number = limited.visitor(address), limited.texts(phone) + 1
    person.give_phone(phone)
    return person, nth_code(limited.product, phone, number)


def wrong_from(limited: Limited, phone: str, address: str, times: int = 5) -> list[int]:
    person, code = texted(limited, phone, address)
    return [person.post(CODE, code=other).status for other in wrong_codes(code, times)]


def right_from(limited: Limited, phone: str, address: str) -> tuple[int, str]:
    """The status, and the wait that is told."""
    person, code = texted(limited, phone, address)
    seen = person.post(CODE, code=code)
    return seen.status, seen.response.headers.get("retry-after", "")


def test_one_address_has_five_wrong_codes_an_hour_and_the_owner_the_rest(limited: Limited) -> None:
    phone = new_phone()
    assert wrong_from(limited, phone, ONE) == [422] * 5
    assert right_from(limited, phone, ONE) == (429, "3600")
    assert wrong_from(limited, phone, ONE) == [429] * 5
    assert right_from(limited, phone, NEIGHBOUR) == (303, "")


def test_two_addresses_use_up_what_strangers_have(limited: Limited) -> None:
    phone = new_phone()
    for address in (ONE, NEIGHBOUR):
        assert wrong_from(limited, phone, address) == [422] * 5
    assert right_from(limited, phone, FAR) == (429, "3600")


def test_one_address_has_eight_wrong_codes_a_day(limited: Limited) -> None:
    phone = new_phone()
    assert wrong_from(limited, phone, ONE) == [422] * 5
    sql(limited.product, EARLIER, phone, 61)
    assert wrong_from(limited, phone, ONE) == [422] * 3 + [429] * 2
    sql(limited.product, EARLIER, phone, 60)
    assert right_from(limited, phone, ONE) == (429, str(22 * 3600 - 60))
    assert right_from(limited, phone, FAR) == (303, "")


def test_a_network_of_version_six_has_one_share(limited: Limited) -> None:
    phone = new_phone()
    assert wrong_from(limited, phone, "2001:db8:5:1::1") == [422] * 5
    assert right_from(limited, phone, "2001:db8:5:2::1") == (429, "3600")
    assert right_from(limited, phone, "2001:db8:6:1::1") == (303, "")


def test_of_the_few_of_a_held_number_one_address_has_two(limited: Limited) -> None:
    sql(limited.product, FAILED, subject_of(phone := new_phone()))
    assert wrong_from(limited, phone, ONE) == [422] * 2 + [429] * 3
    assert right_from(limited, phone, ONE) == (429, str(24 * 3600))
    assert right_from(limited, phone, FAR) == (303, "")


def test_a_mailbox_has_shares_too(limited: Limited) -> None:
    email = new_email()
    for number, address in enumerate((ONE, ONE, FAR), 1):
        phone = new_phone()
        person, code = texted(limited, phone, address)
        person.post(CODE, code=code)
        person.give_email(email)
        code = nth_code(limited.product, email, number)
        tried = (*wrong_codes(code, 5), code) if number == 1 else (code,)
        seen = [person.post("/signup/email-code", code=one).status for one in tried]
        assert seen[-1] == {1: 422, 2: 429, 3: 303}[number]


def test_many_at_once_from_one_address_share_its_five(limited: Limited) -> None:
    phone, posts = new_phone(), []
    for _ in range(2):
        person, code = texted(limited, phone, ONE)
        forms = [{"csrf_token": person.token(), "code": other} for other in wrong_codes(code, 5)]
        posts += [(person, CODE, form) for form in forms]
    assert answers(at_once(posts)) == {"422": 5, "429": 5}


def test_devices_of_the_owner_are_free_of_it(limited: Limited) -> None:
    owner, phone = limited.visitor(ONE), new_phone()
    owner.sign_up(phone, new_email())
    owner.get("/account")
    owner.post("/logout")
    assert wrong_from(limited, phone, ONE) == [422] * 5
    limited.wait(3600)
    number = limited.texts(phone) + 1
    owner.submit("/login/phone", phone=phone)
    code = nth_code(limited.product, phone, number)
    assert owner.post("/login/phone-code", code=code).location == "/account"


def test_an_address_is_kept_under_a_pseudonym(limited: Limited) -> None:
    wrong_from(limited, phone := new_phone(), ONE, 1)
    [kept] = sql(limited.product, KEPT, phone)
    assert len(kept["places"][0]) == 32
    assert "203" not in kept["places"][0]


@pytest.mark.parametrize("address", [ONE, FAR])
def test_a_right_code_uses_up_no_share(limited: Limited, address: str) -> None:
    phone = new_phone()
    for _ in range(6):
        assert right_from(limited, phone, address) == (303, "")
