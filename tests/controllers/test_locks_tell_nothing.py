"""What an owner does lifts no lock that an address has earned: else it would tell by trying that
there is an account, and that its owner was here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.controllers.conftest import Limited
from tests.controllers.test_guess_shares import FAILED, wrong_from
from tests.controllers.test_login_limits import attempt
from tests.crowd import nth_code, sql
from tests.person import Person, Seen, new_email, new_phone
from tests.recovering import ask, mails
from tests.sessions.held import PASSWORD
from tests.subjects import subject_of

SPY, HOME, FAR = "203.0.113.7", "198.51.100.9", "192.0.2.4"
NEW = "eight herons fold napkins"
Told = tuple[int, str, str]


@dataclass
class Pair:
    """An address with an account and one without, as they look from one place."""

    limited: Limited
    phone: str
    email: str
    nobody: str

    def owner_signs_in(self, address: str = HOME) -> Person:
        """By phone, in a new browser."""
        self.limited.wait(3600)
        person, number = self.limited.visitor(address), self.limited.texts(self.phone) + 1
        person.give_phone(self.phone)
        code = nth_code(self.limited.product, self.phone, number)
        assert person.post("/signup/phone-code", code=code).location == "/signup/done"
        return person


@pytest.fixture
def pair(limited: Limited) -> Pair:
    phone, email = new_phone(), new_email()
    assert limited.visitor(HOME).sign_up(phone, email).path == "/signup/done"
    return Pair(limited, phone, email, new_email())


def told(seen: Seen, contact: str) -> Told:
    wait = seen.response.headers.get("retry-after", "")
    return seen.status, wait, seen.alert.replace(contact, "")


def passwords(limited: Limited, email: str, times: int, address: str = SPY) -> list[Told]:
    person = limited.visitor(address)
    return [told(attempt(person, email), email) for _ in range(times)]


def codes(limited: Limited, email: str, times: int, start: int, address: str = SPY) -> list[Told]:
    """Guessed in a recovery that is begun for them."""
    person = limited.visitor(address)
    assert ask(person, email).location == "/recovery/email-code"
    person.get("/recovery/email-code")
    guesses = [f"{start + n:08d}" for n in range(times)]
    return [told(person.post("/recovery/email-code", code=one), email) for one in guesses]


def recovery_code(pair: Pair, person: Person) -> str:
    """Of a new recovery."""
    product, saying = pair.limited.product, "choose a new password for your account"
    before = len(mails(product, pair.email, saying, 0))
    ask(person, pair.email)
    return mails(product, pair.email, saying, before + 1)[0].code or ""


def by_phone(pair: Pair) -> None:
    pair.owner_signs_in()


def by_recovery(pair: Pair) -> None:
    pair.limited.wait(3600)
    person = pair.limited.visitor(HOME)
    person.submit("/recovery/email-code", code=recovery_code(pair, person))
    person.submit("/recovery/password", password=NEW)
    assert attempt(person, pair.email, NEW).location == "/account"


@pytest.mark.parametrize("comes", [by_phone, by_recovery])
def test_wrong_passwords_tell_no_address_that_the_owner_was_here(
    pair: Pair, comes: Callable[[Pair], None]
) -> None:
    limited = pair.limited
    first = [passwords(limited, email, 6) for email in (pair.email, pair.nobody)]
    assert first[0] == first[1]
    assert [status for status, *_ in first[0]] == [422] * 5 + [429]
    comes(pair)
    after = [passwords(limited, email, 2) for email in (pair.email, pair.nobody)]
    assert after[0] == after[1]
    assert {status for status, *_ in after[0]} == {429}


def test_wrong_codes_tell_no_address_that_the_owner_was_here(pair: Pair) -> None:
    limited, seen = pair.limited, []
    for email in (pair.email, pair.nobody):
        seen.append(codes(limited, email, 5, 11_110_000) + codes(limited, email, 2, 22_220_000))
    assert seen[0] == seen[1]
    assert [status for status, *_ in seen[0]] == [422] * 5 + [429] * 2
    pair.owner_signs_in()
    after = [codes(limited, email, 2, 33_330_000) for email in (pair.email, pair.nobody)]
    assert after[0] == after[1]
    assert {status for status, *_ in after[0]} == {429}


def test_nor_do_they_after_a_hundred_in_a_row(pair: Pair) -> None:
    limited = pair.limited
    for email in (pair.email, pair.nobody):
        sql(limited.product, FAILED, subject_of(email))
    seen = [codes(limited, email, 4, 11_110_000) for email in (pair.email, pair.nobody)]
    assert [status for status, *_ in seen[0]] == [422] * 2 + [429] * 2
    pair.owner_signs_in()
    after = [codes(limited, email, 4, 33_330_000) for email in (pair.email, pair.nobody)]
    assert seen[0] == seen[1]
    assert after[0] == after[1]
    assert {status for status, *_ in after[0]} == {429}


def test_strangers_together_keep_no_owner_out_who_was_here(pair: Pair) -> None:
    limited = pair.limited
    for address in (SPY, FAR):
        passwords(limited, pair.email, 5, address)
        codes(limited, pair.email, 5, 11_110_000, address)
    elsewhere = limited.visitor("192.0.2.77")
    assert attempt(elsewhere, pair.email, PASSWORD).status == 429
    owner = pair.owner_signs_in()
    assert attempt(limited.visitor(HOME), pair.email, PASSWORD).location == "/account"
    limited.wait(3600)
    owner.get("/account")
    owner.post("/logout")
    code = recovery_code(pair, owner)
    assert owner.post("/recovery/email-code", code=code).location == "/recovery/password"


def test_what_the_owners_own_address_got_wrong_is_forgiven(pair: Pair) -> None:
    limited = pair.limited
    assert passwords(limited, pair.email, 6, HOME)[-1][0] == 429
    assert wrong_from(limited, pair.phone, HOME, 3) == [422] * 3
    pair.owner_signs_in(HOME)
    assert attempt(limited.visitor(HOME), pair.email, PASSWORD).location == "/account"
    assert wrong_from(limited, pair.phone, HOME) == [422] * 5
