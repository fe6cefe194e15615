"""What a code page tells of sends and waits is the flow's own: of others' it tells no number."""

import re

from tests.controllers.conftest import FEW_LEFT, Limited
from tests.controllers.test_signup_limits import SENT, ask, assert_told_to_wait, outcome
from tests.person import Person, new_email, new_phone

CODE = "/signup/phone-code"
# What differs between any two visits.
OWN = re.compile(r'value="[^"]{40,}"|[0-9]{2}:[0-9]{2}|\+61[ 0-9]+|person[0-9]+@example\.org')


def shown(person: Person, path: str) -> str:
    seen = person.get(path)
    assert seen.status == 200
    return OWN.sub("", seen.html)


def test_a_page_is_the_same_whether_or_not_others_were_texted_there(limited: Limited) -> None:
    known, fresh = new_phone(), new_phone()
    for _ in range(3):
        assert outcome(ask(limited.visitor(), known)) == SENT
        limited.wait(121)
    pages = []
    for phone in (known, fresh):
        person = limited.visitor()
        assert outcome(ask(person, phone)) == SENT
        limited.settle()
        pages.append(shown(person, CODE))
    assert pages[0] == pages[1]
    assert not [words for words in FEW_LEFT if words in pages[0]]


def test_so_is_that_of_a_recovery(limited: Limited) -> None:
    known, fresh, pages = new_email(), new_email(), []
    for email in (known, known, fresh):
        person = limited.visitor()
        person.get("/recovery/email")
        assert person.post("/recovery/email", email=email).status == 303
        limited.settle()
        pages.append(shown(person, "/recovery/email-code"))
        limited.wait(61)
    assert pages[1] == pages[2]
    assert not [words for words in FEW_LEFT if words in pages[1]]


def test_a_wait_that_others_caused_is_counted_down_too(limited: Limited) -> None:
    phone, first, second = new_phone(), limited.visitor(), limited.visitor()
    assert outcome(ask(first, phone)) == SENT
    assert outcome(ask(second, phone)) == SENT
    assert limited.texts(phone) == 1
    assert_told_to_wait(second.submit(f"{CODE}/resend"), 30)
    limited.wait(31)
    assert second.submit(f"{CODE}/resend").path == CODE
    assert limited.texts(phone) == 2
    limited.wait(31)
    # The second text of the hour asks for a minute, of which this flow's own one explains half.
    assert_told_to_wait(first.submit(f"{CODE}/resend"), 29)


def test_the_flows_own_wait_is_told_and_counted_down(limited: Limited) -> None:
    phone, person = new_phone(), limited.visitor()
    assert outcome(ask(person, phone)) == SENT
    limited.wait(5)
    assert_told_to_wait(person.submit(f"{CODE}/resend"), 25)
    person.get("/signup/phone?change")
    assert outcome(person.post("/signup/phone?change", phone=phone)) == SENT
    assert limited.texts(phone) == 1
