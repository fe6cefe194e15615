"""A sign-up with Auth0 that goes on in another browser: at the step that is missing."""

import pytest

from tests.crowd import sql
from tests.federated import Federated, identities_of, returned_at_once
from tests.person import new_email, new_phone
from tests.product import Product

YESTERDAY = """
UPDATE identity_proofs SET created_at = created_at - interval '21 hours' WHERE email = $1
"""

AGED = """
UPDATE {0}_verifications SET created_at = created_at - interval '{1} minutes',
  consumed_at = consumed_at - interval '{1} minutes' WHERE {0} = $1
"""


@pytest.fixture
def zoe(product: Product) -> Federated:
    """Her address is not vouched for, so that there is a step after the phone."""
    one = Federated(product)
    one.come_with_auth0(unverified="1")
    return one


@pytest.fixture
def again(zoe: Federated) -> Federated:
    """The same person in another browser."""
    return Federated(zoe.product, zoe.email)


def test_the_phone_need_not_be_proved_again(zoe: Federated, again: Federated) -> None:
    zoe.prove_phone()
    assert again.come_with_auth0("login", unverified="1").path == "/signup/email"
    assert again.opened_nothing
    again.give_email(zoe.email)
    assert again.give_email_code(zoe.email).path == "/signup/done"
    [user] = sql(zoe.product, "SELECT phone FROM users WHERE email = $1", zoe.email)
    assert user["phone"] == zoe.phone


def test_a_code_on_its_way_is_waited_for_there(zoe: Federated, again: Federated) -> None:
    zoe.give_phone(zoe.phone)
    assert again.come_with_auth0("login", unverified="1").path == "/signup/phone-code"
    assert again.give_phone_code(zoe.phone).path == "/signup/email"


@pytest.mark.parametrize(("minutes", "step"), [(9, "/signup/email"), (11, "/signup/phone")])
def test_a_number_proved_there_comes_along_for_ten_minutes(
    zoe: Federated, again: Federated, minutes: int, step: str
) -> None:
    zoe.prove_phone()
    sql(zoe.product, AGED.format("phone", minutes), zoe.phone)
    assert again.come_with_auth0("login", unverified="1").path == step
    assert zoe.follow("/signup/email").path == "/signup/phone", "it goes on in one browser"


def test_it_goes_on_in_one_of_them_at_a_time(zoe: Federated, again: Federated) -> None:
    zoe.prove_phone()
    again.come_with_auth0("login", unverified="1")
    page = zoe.follow("/signup/email")
    assert (page.path, "with single sign-on;" in page.html) == ("/signup/phone", True)
    assert zoe.come_with_auth0("login", unverified="1").path == "/signup/email", "and back again"
    assert again.follow("/signup/email").path == "/signup/phone"


def test_what_is_begun_there_goes_first(zoe: Federated, again: Federated) -> None:
    zoe.prove_phone()
    again.give_phone(other := new_phone())
    assert again.come_with_auth0("login", unverified="1").path == "/signup/phone-code"
    assert again.give_phone_code(other).path == "/signup/email"


def test_by_now_confirmed_by_the_provider_it_is_finished(zoe: Federated, again: Federated) -> None:
    zoe.prove_phone()
    assert again.come_with_auth0("login").path == "/signup/done"
    assert len(identities_of(zoe.product, zoe.email)) == 1


def test_another_identity_gets_nothing(zoe: Federated, again: Federated) -> None:
    zoe.prove_phone()
    assert again.come_with_auth0(email=new_email()).path == "/signup/phone"
    assert zoe.get("/signup/email").status == 200


def test_after_a_day_it_begins_anew(zoe: Federated, again: Federated) -> None:
    zoe.prove_phone()
    sql(zoe.product, YESTERDAY, zoe.email)
    assert again.come_with_auth0("login", unverified="1").path == "/signup/phone"


def test_two_browsers_that_come_at_once_both_go_on(zoe: Federated, again: Federated) -> None:
    zoe.give_phone(zoe.phone)
    again.come_with_auth0(unverified="1")
    urls = [one.answered("login", unverified="1") for one in (zoe, again)]
    given = returned_at_once([zoe, again], urls)
    assert set(given) <= {"/signup/phone", "/signup/phone-code"}
