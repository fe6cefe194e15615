"""What waits on an account whose password was set by a code by mail: whoever asked may have the
mailbox alone, so the phone alone stops it too.
"""

import pytest

from tests.crowd import sql
from tests.holder import confirm_by_code, message
from tests.lost import OF, Lost, stop
from tests.owner import contacts
from tests.person import new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

MONTHS_AGO = (
    "UPDATE users SET password_reset_at = password_reset_at - interval '90 days' WHERE id = "
)
THIRD_PASSWORD = "eleven green birds swim"
WHAT_WORKS = "Sign in with it within a day and stop it in your account."


@pytest.fixture
def robbed(product: Product) -> Lost:
    """The browser is someone's who reads the mailbox, and has waited for the week to pass."""
    owner = Lost(product)
    recovering = at_password(product, owner.email)
    recovering.submit("/recovery/password", password=NEW_PASSWORD)
    sql(product, MONTHS_AGO + OF, owner.email)
    owner.browser = owner.elsewhere(NEW_PASSWORD)
    return owner


def ask(robbed: Lost, kind: str) -> None:
    """For what waits a day."""
    robbed.confirm("/account/data" if kind == "confirmation" else "", NEW_PASSWORD)
    if kind != "confirmation":
        robbed.ask(kind, new_phone() if kind == "phone" else new_email())
    assert (len(robbed.waiting()), len(robbed.requests())) == (
        (0, 1) if kind == "confirmation" else (1, 0)
    )


def nothing_waits(robbed: Lost) -> bool:
    return (robbed.waiting(), robbed.requests()) == ([], [])


@pytest.mark.parametrize("kind", ["phone", "email", "confirmation"])
def test_a_code_to_the_phone_stops_it(robbed: Lost, kind: str) -> None:
    ask(robbed, kind)
    owner = robbed.by_phone()
    stopped = stop(owner)
    assert stopped.location == "/account"
    assert "Change cancelled." in owner.get(stopped.location).html
    assert nothing_waits(robbed)
    assert contacts(robbed.product, robbed.phone) == [(robbed.phone, robbed.email)]


def test_a_request_that_is_due_is_stopped_too(robbed: Lost) -> None:
    ask(robbed, "confirmation")
    robbed.pass_hours(24)
    assert stop(robbed.by_phone()).location == "/account"
    assert nothing_waits(robbed)


@pytest.mark.parametrize("kind", ["phone", "confirmation"])
def test_so_does_ending_all_other_sessions_from_there(robbed: Lost, kind: str) -> None:
    ask(robbed, kind)
    owner = robbed.by_phone()
    owner.submit_from("/account/sessions", "/account/sessions/revocation")
    assert nothing_waits(robbed)
    assert robbed.browser.get("/account").status == 303


@pytest.mark.parametrize("kind", ["phone", "confirmation"])
def test_the_text_says_so(robbed: Lost, kind: str) -> None:
    ask(robbed, kind)
    assert message(robbed.product, robbed.phone, WHAT_WORKS)


def test_it_is_no_proof_for_anything_else(robbed: Lost) -> None:
    ask(robbed, "phone")
    owner = robbed.by_phone()
    stop(owner)
    for path in ("data", "password", "phone"):
        assert owner.get(f"/account/{path}").location.startswith("/account/confirm?")


def test_not_where_the_password_was_chosen_with_the_phone_since(robbed: Lost) -> None:
    assert confirm_by_code(robbed.browser, robbed.phone).path == "/account"
    robbed.browser.submit("/account/password", password=THIRD_PASSWORD)
    robbed.browser = robbed.elsewhere(THIRD_PASSWORD)
    robbed.confirm("", THIRD_PASSWORD)
    robbed.ask("phone", new_phone())
    assert stop(robbed.by_phone()).location.startswith("/account/confirm?")
    assert len(robbed.waiting()) == 1
    assert "Sign in within a day" in message(robbed.product, robbed.phone, "this phone").body
