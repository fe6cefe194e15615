"""What strangers got wrong before no longer locks what a sign-in has shown, nor the passwords. A
device that someone has signed in from is not locked with strangers.
"""

import pytest

from tests.controllers.test_login_limits import attempt
from tests.controllers.test_signup_guesses import guess_wrong
from tests.crowd import answers, at_once, nth_code, sql, wrong, wrong_codes
from tests.federated import Federated
from tests.person import Person
from tests.product import Product
from tests.sessions.held import PASSWORD, Owner
from tests.subjects import subject_of

OF_DEVICES = """
SELECT wrong FROM password_budgets
WHERE subject = $1 AND device NOT IN ('', 'known') AND device NOT LIKE '%/%'
"""
OF_STRANGERS = """
SELECT in_a_row AS wrong FROM contact_failures WHERE subject = ANY($1)
UNION ALL SELECT wrong FROM password_budgets WHERE subject = ANY($1) AND device = ''
"""


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner.sign_up(product)


def by_phone(owner: Owner, person: Person | None = None) -> tuple[int, str]:
    """Someone, on a new device or that one, who has the right code: the status, and where to."""
    person, number = person or Person(owner.product), len(owner.product.messages(owner.phone)) + 1
    person.submit("/login/phone", phone=owner.phone)
    seen = person.post("/login/phone-code", code=nth_code(owner.product, owner.phone, number))
    return seen.status, seen.location


def recovering(owner: Owner, person: Person | None = None) -> tuple[Person, str]:
    """Someone, on a new device or that one, who asked for a mail, and the code in it."""
    person, number = person or Person(owner.product), len(owner.product.messages(owner.email)) + 1
    person.submit("/recovery/email", email=owner.email)
    return person, nth_code(owner.product, owner.email, number)


def lock_password(owner: Owner) -> None:
    for address in ("127.0.0.2", "127.0.0.3"):
        person = Person(owner.product, address)
        assert [attempt(person, owner.email).status for _ in range(5)] == [422] * 5
    assert attempt(Person(owner.product), owner.email, PASSWORD).status == 429


def test_a_sign_in_by_password_opens_a_number_that_strangers_locked_there(owner: Owner) -> None:
    """And nowhere else: who has only the password would guess on with every sign-in."""
    sent = len(owner.product.messages(owner.phone))
    guess_wrong(owner.product, owner.phone, sent + 1, sent + 2)
    assert by_phone(owner)[0] == 429
    known = owner.sign_in()
    known.get("/account")
    known.post("/logout")
    assert by_phone(owner)[0] == 429
    assert by_phone(owner, known) == (303, "/account")


def test_a_sign_in_opens_a_mailbox_that_strangers_locked_there(owner: Owner) -> None:
    for _ in range(2):
        person, code = recovering(owner)
        for other in wrong_codes(code, 5):
            assert person.post("/recovery/email-code", code=other).status == 422
    person, code = recovering(owner)
    assert person.post("/recovery/email-code", code=code).status == 429
    known = owner.sign_in_by_phone()
    known.get("/account")
    known.post("/logout")
    assert person.post("/recovery/email-code", code=code).status == 429
    person, code = recovering(owner, known)
    assert person.post("/recovery/email-code", code=code).status == 303


def test_a_sign_in_by_phone_opens_the_password_that_strangers_locked(owner: Owner) -> None:
    lock_password(owner)
    assert by_phone(owner) == (303, "/account")
    elsewhere, stranger = Person(owner.product, "127.0.0.4"), Person(owner.product, "127.0.0.2")
    assert attempt(elsewhere, owner.email, PASSWORD).location == "/account"
    assert attempt(stranger, owner.email, PASSWORD).status == 429  # its own share, till its time


def test_a_sign_in_with_auth0_begins_passwords_anew_and_no_codes(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    guess_wrong(product, zoe.phone, 2)
    attempt(Person(product, "127.0.0.2"), zoe.email)
    subjects = [subject_of(zoe.phone), subject_of(zoe.email)]
    assert len(sql(product, OF_STRANGERS, subjects)) == 2
    again = Federated(product, zoe.email)
    assert again.come_with_auth0("login").path == "/account"
    assert len(sql(product, OF_STRANGERS, subjects[:1])) == 1
    assert sql(product, OF_STRANGERS, subjects[1:]) == []


def test_what_a_device_of_the_owners_got_wrong_stays_counted(owner: Owner) -> None:
    known = owner.sign_in()
    assert [attempt(known, owner.email).status for _ in range(3)] == [422] * 3
    owner.sign_in()
    assert [row["wrong"] for row in sql(owner.product, OF_DEVICES, subject_of(owner.email))] == [3]


def test_sign_ins_amid_the_guesses_of_strangers_fail_for_nobody(owner: Owner) -> None:
    """In whatever order they arrive: neither one address nor all make enough guesses to be locked,
    also while each right code is still counted as wrong.
    """
    lock_password(owner)
    posts = []
    for number in range(1, 10):
        person = Person(owner.product, f"127.0.1.{number}")
        sent = len(owner.product.messages(owner.phone)) + 1
        person.submit("/login/phone", phone=owner.phone)
        code = nth_code(owner.product, owner.phone, sent)
        form = {"csrf_token": person.token(), "code": code if number % 3 == 0 else wrong(code)}
        posts.append((person, "/login/phone-code", form))
    assert answers(at_once(posts)) == {"303 /account": 3, "422": 6}
