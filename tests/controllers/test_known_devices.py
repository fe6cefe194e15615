"""Whoever has one proof signs in from as many browsers as they like, and each is a known device.
All of them together have no more guesses at the other proof than one has, and take none from the
owner.
"""

from dataclasses import dataclass

import pytest

from tests.controllers.conftest import Limited
from tests.controllers.test_login_limits import attempt
from tests.crowd import sql, wrong_codes
from tests.holder import PASSWORD
from tests.person import Person, Seen, new_email, new_phone
from tests.recovering import mails
from tests.subjects import subject_of

HOME, THIEF, FAR = "203.0.113.5", "198.51.100.7", "192.0.2.4"
CONFIRM = "/account/confirm"
LONG_AGO = "UPDATE users SET created_at = created_at - interval '2 days' WHERE email = $1"
GUESSED_EARLIER = """
UPDATE {} SET last_attempt_at = last_attempt_at - make_interval(mins => $1)
"""
TRIED_EARLIER = """
UPDATE password_budgets SET last_wrong_at = last_wrong_at - make_interval(mins => $1),
  counted_since = counted_since - make_interval(mins => $1)
"""
FAILED = "INSERT INTO contact_failures (subject, in_a_row) VALUES ($1, $2)"
IN_A_ROW = "SELECT in_a_row FROM contact_failures WHERE subject = $1"
HELD = "a hundred wrong codes in a row for your phone number"


@dataclass
class Account:
    limited: Limited
    phone: str
    email: str
    owner: Person  # whose device is known, and signed out

    def by_password(self, address: str = THIEF) -> Person:
        """Someone with a new browser who has the password."""
        person = self.limited.visitor(address)
        assert attempt(person, self.email, PASSWORD).location == "/account"
        return person

    def by_phone(self, address: str = THIEF) -> Person:
        """The same, who has the number."""
        person, code = self.text(self.limited.visitor(address))
        assert person.post("/login/phone-code", code=code).location == "/account"
        return person

    def text(self, person: Person) -> tuple[Person, str]:
        """The code of a sign-in by phone that the person has asked for."""
        self.limited.wait(3600)
        product, had = self.limited.product, len(self.limited.product.codes_for(self.phone))
        person.submit("/login/phone", phone=self.phone)
        return person, product.code_for(self.phone, had)

    def confirm(self, person: Person, contact: str, wrong: int = 5) -> list[int]:
        """So many wrong codes, after which the session asks for no further one."""
        self.limited.wait(3600)
        product, had = self.limited.product, len(self.limited.product.codes_for(contact))
        person.get(CONFIRM)
        assert person.post(f"{CONFIRM}/code").status == 303
        code = product.code_for(contact, had)
        person.get(CONFIRM)
        return [person.post(CONFIRM, code=one).status for one in wrong_codes(code, wrong)]

    def try_passwords(self, person: Person, times: int) -> list[int]:
        person.get(CONFIRM)
        tried = (f"not the right one {n}" for n in range(times))
        return [person.post(CONFIRM, password=one).status for one in tried]

    def guess(self, address: str) -> list[int]:
        """Five wrong codes of a stranger, at a text."""
        person, code = self.text(self.limited.visitor(address))
        return [person.post("/login/phone-code", code=one).status for one in wrong_codes(code, 5)]

    def enter(self, person: Person) -> Seen:
        """The right code."""
        person, code = self.text(person)
        return person.post("/login/phone-code", code=code)


@pytest.fixture
def account(limited: Limited) -> Account:
    owner, phone, email = limited.visitor(HOME), new_phone(), new_email()
    assert owner.sign_up(phone, email).path == "/signup/done"
    sql(limited.product, LONG_AGO, email)
    owner.get("/account")
    owner.post("/logout")
    return Account(limited, phone, email, owner)


def test_who_has_the_password_has_no_more_guesses_by_new_browsers(account: Account) -> None:
    """Ten an hour of all known devices, then a stranger's share of one address."""
    seen = [account.confirm(account.by_password(), account.phone) for _ in range(4)]
    assert seen == [[422] * 5] * 3 + [[429] * 5]


def test_nor_by_the_next_hour_of_the_same_day(account: Account) -> None:
    """Twenty a day, then what is left of a stranger's eight."""
    for _ in range(3):
        assert account.confirm(account.by_password(), account.phone) == [422] * 5
    sql(account.limited.product, GUESSED_EARLIER.format("phone_verifications"), 61)
    seen = [account.confirm(account.by_password(), account.phone) for _ in range(4)]
    assert seen == [[422] * 5] * 2 + [[422] * 3 + [429] * 2, [429] * 5]


def test_nor_has_who_has_the_number_at_mailed_codes(account: Account) -> None:
    seen = [account.confirm(account.by_phone(), account.email) for _ in range(4)]
    assert seen == [[422] * 5] * 3 + [[429] * 5]


def test_a_code_that_both_guess_at_is_counted_whole(account: Account) -> None:
    """What is guessed at it as a stranger gives known devices no room back."""
    counts = (5, 4, 4, 5)
    seen = [account.confirm(account.by_password(), account.phone, n) for n in counts]
    assert sum(statuses.count(422) for statuses in seen) <= 15


def test_the_owner_is_no_worse_off_for_them_than_a_stranger(account: Account) -> None:
    for _ in range(4):
        account.confirm(account.by_password(), account.phone)
    assert account.enter(account.owner).location == "/account"


def test_a_known_device_is_told_which_budget_is_free_first(account: Account) -> None:
    for _ in range(2):
        assert account.confirm(account.by_password(), account.phone) == [422] * 5
    sql(account.limited.product, GUESSED_EARLIER.format("phone_verifications"), 20)
    for address in (THIEF, FAR):
        assert account.guess(address) == [422] * 5
    assert account.enter(account.owner).response.headers["retry-after"] == "2400"
    assert account.enter(account.limited.visitor()).response.headers["retry-after"] == "3600"


def test_a_sign_in_by_password_gives_strangers_no_codes_back(account: Account) -> None:
    assert account.guess(THIEF) == [422] * 5
    account.by_password(THIEF)
    assert account.guess(THIEF) == [429] * 5


def test_the_owner_is_told_of_a_hundred_from_known_devices(account: Account) -> None:
    """Though each of them has signed in between."""
    product = account.limited.product
    sql(product, FAILED, subject_of(account.phone), 93)
    account.confirm(account.by_password(), account.phone)
    assert sql(product, IN_A_ROW, subject_of(account.phone))[0]["in_a_row"] == 98
    account.confirm(account.by_password(), account.phone)
    assert len(mails(product, account.email, HELD, 1)) == 1


def test_who_has_the_number_keeps_no_known_device_from_the_password(account: Account) -> None:
    for _ in range(4):
        assert account.try_passwords(account.by_phone(), 5) == [422] * 5
    assert account.try_passwords(account.by_phone(), 6) == [422] * 5 + [429], "a stranger's"
    assert attempt(account.owner, account.email, PASSWORD).location == "/account"


def test_only_wrong_passwords_of_the_last_quarter_of_an_hour_count(account: Account) -> None:
    """Known devices have their own again, also while strangers have none."""
    thieves = [account.by_phone() for _ in range(4)]
    for thief in thieves:
        assert account.try_passwords(thief, 5) == [422] * 5
    for _ in range(2):
        sql(account.limited.product, TRIED_EARLIER, 16)
        assert [account.try_passwords(thief, 1) for thief in thieves] == [[422]] * 4
    for address in (THIEF, FAR):
        stranger = account.limited.visitor(address)
        assert [attempt(stranger, account.email).status for _ in range(5)] == [422] * 5
    assert attempt(account.limited.visitor(), account.email, PASSWORD).status == 429
    assert attempt(account.owner, account.email, PASSWORD).location == "/account"
