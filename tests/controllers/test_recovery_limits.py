"""A recovery over its limit is answered as always, and sends nothing (contract 9.9)."""

import pytest

from tests.controllers.conftest import FEW_LEFT, Limited
from tests.crowd import answers, post_at_once, sql
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, ask, mails, recovery_code

CODE_PAGE = (303, "/recovery/email-code")
ACCOUNT = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
LIVE = """
SELECT email FROM email_verifications
WHERE purpose = 'recovery' AND consumed_at IS NULL AND ended_at IS NULL AND email = ANY($1)
"""
NOTICES = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at, state)
SELECT gen_random_uuid(), $2, 'new_device', $1, '', '10.0.0.0/24', clock_timestamp(), 'sent'
FROM generate_series(1, $3)
"""


@pytest.fixture
def owner(limited: Limited) -> tuple[str, str]:
    """The phone and e-mail of someone with an account."""
    contacts = new_phone(), new_email()
    sql(limited.product, ACCOUNT, *contacts)
    return contacts


def asked(person: Person, email: str) -> tuple[int, str]:
    seen = ask(person, email)
    return seen.status, seen.location


def test_a_mailbox_gets_five_an_hour_and_the_sixth_looks_the_same(
    limited: Limited, owner: tuple[str, str]
) -> None:
    for _ in range(5):
        assert asked(limited.visitor(), owner[1]) == CODE_PAGE
        limited.wait(60)
    person = limited.visitor()
    assert asked(person, owner[1]) == CODE_PAGE
    page = person.get("/recovery/email-code")
    assert (page.status, page.heading) == (200, "Enter the code from the e-mail")
    assert f'If there is an account with <bdi dir="ltr">{owner[1]}</bdi>' in page.html
    assert limited.texts(owner[1]) == 5


def test_what_was_not_sent_can_be_sent_when_there_is_room(
    limited: Limited, owner: tuple[str, str]
) -> None:
    asked(limited.visitor(), owner[1])
    person = limited.visitor()
    assert asked(person, owner[1]) == CODE_PAGE
    person.get("/recovery/email-code")
    assert person.post("/recovery/email-code/resend").status == 429
    limited.wait(61)
    assert person.post("/recovery/email-code/resend").status == 303
    code = recovery_code(limited.product, owner[1], 2)
    assert person.submit("/recovery/email-code", code=code).path == "/recovery/password"


def test_asking_again_too_soon_keeps_the_code_that_is_on_its_way(
    limited: Limited, owner: tuple[str, str]
) -> None:
    person = limited.visitor()
    asked(person, owner[1])
    limited.wait(31)  # no double click any more
    person.get("/recovery/email?change")
    assert person.post("/recovery/email?change", email=owner[1]).status == 303
    assert limited.texts(owner[1]) == 1
    code = recovery_code(limited.product, owner[1])
    assert person.submit("/recovery/email-code", code=code).path == "/recovery/password"


def test_an_address_of_the_net_asks_twenty_times_an_hour(limited: Limited) -> None:
    emails = [new_email() for _ in range(22)]
    for email in emails:
        assert asked(limited.visitor("203.0.113.7"), email) == CODE_PAGE
    assert [limited.texts(email) for email in emails] == [1] * 20 + [0] * 2


def test_ten_forms_over_the_limit_at_once_leave_no_row(
    limited: Limited, owner: tuple[str, str]
) -> None:
    asked(limited.visitor(), owner[1])
    person = limited.visitor()
    person.get("/recovery/email")
    given = post_at_once(person, "/recovery/email", 10, email=owner[1])
    assert answers(given) == {"303 /recovery/email-code": 10}
    assert len(sql(limited.product, LIVE, [owner[1]])) == 1
    assert limited.texts(owner[1]) == 1


def test_without_the_short_memory_the_same_limits_hold_and_look_the_same(
    limited: Limited, owner: tuple[str, str]
) -> None:
    limited.valkey.stop()
    try:
        for _ in range(3):
            assert asked(limited.visitor(), owner[1]) == CODE_PAGE
    finally:
        limited.bring_back()
    assert limited.texts(owner[1]) == 1


@pytest.mark.parametrize("memory", ["young", "old"])
def test_notices_leave_the_owners_limits_alone(
    limited: Limited, owner: tuple[str, str], memory: str
) -> None:
    sql(limited.product, NOTICES, owner[1], "email", 19)
    if memory == "old":
        limited.age_memory()
    person = limited.visitor()
    asked(person, owner[1])
    assert mails(limited.product, owner[1], "choose a new password", 1)
    page = person.get("/recovery/email-code").html
    assert not [words for words in FEW_LEFT if words in page]


def test_a_phone_and_a_mailbox_get_every_notice(limited: Limited, owner: tuple[str, str]) -> None:
    product: Product = limited.product
    sql(product, NOTICES, owner[0], "sms", 100)
    sql(product, NOTICES, owner[1], "email", 100)
    person = limited.visitor()
    asked(person, owner[1])
    person.submit("/recovery/email-code", code=recovery_code(product, owner[1]))
    assert person.submit("/recovery/password", password=NEW_PASSWORD).path == "/login/password"
    told = [len(mails(product, to, "password was changed", 1)) for to in owner]
    assert told == [1, 1]
    assert limited.texts(owner[0]) == 101
