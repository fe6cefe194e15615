"""Several people, or one with several identities, in one browser: to each their own proofs."""

from datetime import timedelta

import pytest

from tests.crowd import sql
from tests.federated import Federated
from tests.person import new_email
from tests.product import Product

AGED = """
WITH phones AS (
  UPDATE phone_verifications SET consumed_at = consumed_at - $2::interval,
    created_at = created_at - $2::interval WHERE phone = $1
  RETURNING flow_id
)
UPDATE email_verifications SET consumed_at = consumed_at - $2::interval,
  created_at = created_at - $2::interval WHERE flow_id IN (SELECT flow_id FROM phones)
"""


@pytest.fixture
def zoe(product: Product) -> Federated:
    return Federated(product)


def email_of(zoe: Federated) -> str:
    """Of the account that has her number."""
    [user] = sql(zoe.product, "SELECT email FROM users WHERE phone = $1", zoe.phone)
    return str(user["email"])


def as_told(email: str, left: str) -> str:
    return f'as <bdi dir="ltr">{email}</bdi> with single sign-on; {left}'


def test_another_identity_brings_its_own_address(zoe: Federated) -> None:
    zoe.come_with_auth0()
    page = zoe.come_with_auth0(email=(second := new_email()))
    assert as_told(second, "one thing left: your phone.") in page.html
    assert zoe.prove_phone().path == "/signup/done"
    assert email_of(zoe) == second


def test_another_identity_that_is_not_verified_proves_its_address(zoe: Federated) -> None:
    zoe.come_with_auth0()
    second = new_email()
    page = zoe.come_with_auth0(email=second, unverified="1")
    assert as_told(second, "two things left: your phone and your e-mail.") in page.html
    assert zoe.prove_phone().path == "/signup/email"
    zoe.give_email(second)
    assert zoe.give_email_code(second).path == "/signup/done"
    assert email_of(zoe) == second


def test_another_identity_proves_a_phone_of_its_own(zoe: Federated) -> None:
    zoe.come_with_auth0(unverified="1")
    assert zoe.prove_phone().path == "/signup/email"
    assert zoe.come_with_auth0(email=new_email()).path == "/signup/phone"


def test_a_code_that_the_other_one_waited_for_proves_nothing(zoe: Federated) -> None:
    zoe.come_with_auth0()
    zoe.give_phone(zoe.phone)
    assert zoe.come_with_auth0(email=new_email()).path == "/signup/phone"


@pytest.mark.parametrize(("ticks", "has"), [({}, "vouched"), ({"unverified": "1"}, "proved")])
def test_the_page_names_the_address_that_the_account_gets(
    zoe: Federated, ticks: dict[str, str], has: str
) -> None:
    """An address was proved by a code before: what Auth0 vouches for goes before it."""
    proved = new_email()
    zoe.give_phone(zoe.phone)
    zoe.give_phone_code(zoe.phone)
    zoe.give_email(proved)
    zoe.give_email_code(proved)
    zoe.submit("/signup/phone?change", phone=zoe.phone)
    assert zoe.come_with_auth0(**ticks).path == "/signup/phone-code"
    expected = zoe.email if has == "vouched" else proved
    page = zoe.get("/signup/phone?change")
    assert as_told(expected, "one thing left: your phone.") in page.html
    assert zoe.give_phone_code(zoe.phone).path == "/signup/done"
    assert email_of(zoe) == expected


def hours_pass(zoe: Federated, hours: float) -> None:
    """Since whatever was proved in her browser."""
    sql(zoe.product, AGED, zoe.phone, timedelta(hours=hours))


@pytest.mark.parametrize(("minutes", "path"), [(9, "/signup/done"), (11, "/signup/phone")])
def test_a_phone_proved_a_while_ago_may_be_someone_elses(
    zoe: Federated, minutes: int, path: str
) -> None:
    zoe.give_phone(zoe.phone)
    zoe.give_phone_code(zoe.phone)
    hours_pass(zoe, minutes / 60)
    assert zoe.come_with_auth0().path == path


def test_an_address_proved_a_while_ago_may_be_someone_elses(zoe: Federated) -> None:
    zoe.give_phone(zoe.phone)
    zoe.give_phone_code(zoe.phone)
    zoe.give_email(earlier := new_email())
    zoe.give_email_code(earlier)
    hours_pass(zoe, 19)
    page = zoe.come_with_auth0(unverified="1")
    assert as_told(zoe.email, "two things left: your phone and your e-mail.") in page.html


def test_the_same_identity_again_keeps_what_was_proved_with_it(zoe: Federated) -> None:
    zoe.come_with_auth0(unverified="1")
    assert zoe.prove_phone().path == "/signup/email"
    hours_pass(zoe, 19)
    assert zoe.come_with_auth0("login", unverified="1").path == "/signup/email"
