"""What one address may use of someone's limit is that of a /48 of IPv6, and no lock is kept up."""

import pytest

from tests.controllers.conftest import Limited
from tests.controllers.test_login_limits import WRONG, attempt
from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.sessions.held import PASSWORD
from tests.subjects import subject_of

FAR = "198.51.100.9"
LATER = """
UPDATE password_budgets SET last_wrong_at = last_wrong_at - interval '61 minutes',
  counted_since = counted_since - interval '61 minutes'
WHERE subject = $1
"""


def text(person: Person, phone: str) -> int:
    person.get("/signup/phone")
    return person.post("/signup/phone", phone=phone).status


@pytest.mark.parametrize(("place", "status"), [("2001:db8:9:2::1", 429), (FAR, 303)])
def test_four_texts_to_a_number_are_the_share_of_a_network(
    limited: Limited, place: str, status: int
) -> None:
    phone = new_phone()
    for _ in range(4):
        assert text(limited.visitor("2001:db8:9:1::1"), phone) == 303
        limited.wait(301)
    assert text(limited.visitor(place), phone) == status


def wrong_passwords(limited: Limited, email: str, *places: str) -> list[int]:
    """Five from each place."""
    return [
        attempt(limited.visitor(place), email, WRONG).status for place in places for _ in range(5)
    ]


def test_five_wrong_passwords_are_the_share_of_a_network(limited: Limited) -> None:
    limited.visitor().sign_up(new_phone(), email := new_email())
    given = wrong_passwords(limited, email, "2001:db8:9:1::1", "2001:db8:9:2::1")
    assert given == [422] * 5 + [429] * 5
    assert attempt(limited.visitor(FAR), email, PASSWORD).location == "/account"


def an_hour_later(limited: Limited, email: str) -> None:
    sql(limited.product, LATER, subject_of(email))
    limited.flush()
    limited.age_memory()


def test_one_wrong_password_an_hour_keeps_no_lock_for_ever(limited: Limited) -> None:
    limited.visitor().sign_up(new_phone(), email := new_email())
    assert wrong_passwords(limited, email, "203.0.113.7", "203.0.114.7") == [422] * 10
    for hour in range(23):  # each from elsewhere, so that no other limit is met
        an_hour_later(limited, email)
        assert attempt(limited.visitor(f"203.0.{hour}.7"), email, WRONG).status == 422
    assert attempt(limited.visitor(FAR), email, PASSWORD).status == 429
    an_hour_later(limited, email)
    assert attempt(limited.visitor("203.0.113.7"), email, WRONG).status == 422
    assert attempt(limited.visitor(FAR), email, PASSWORD).location == "/account"
