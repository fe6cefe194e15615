"""A new password: a fresh proof, the rules, and what it ends."""

import re

import pytest

from tests.federated import Federated
from tests.holder import PASSWORD, Holder
from tests.person import Person
from tests.product import Product

NEW = "seven grey otters swim"


@pytest.fixture
def holder(product: Product) -> Holder:
    return Holder(product)


def test_a_new_password_ends_every_other_session(holder: Holder) -> None:
    other = holder.elsewhere()
    landed = holder.submit("/account/password", password=NEW)
    assert (landed.status, landed.path) == (200, "/account")
    assert "Password changed." in landed.html
    assert other.get("/account").location.startswith("/login")
    assert holder.get("/account").status == 200


def test_only_the_new_password_signs_in(holder: Holder) -> None:
    holder.submit("/account/password", password=NEW)
    refused = Person(holder.product).submit(
        "/login/password", email=holder.email, password=PASSWORD
    )
    assert refused.status == 422
    holder.elsewhere(NEW)


def test_the_owner_is_told_by_mail(holder: Holder) -> None:
    holder.submit("/account/password", password=NEW)
    assert "/recovery/email" in holder.told("Your password was changed").body


@pytest.mark.parametrize(
    ("password", "said"),
    [("", "Choose a password"), ("short", "7 more to go"), ("password1234", "too easy to guess")],
)
def test_a_weak_one_is_refused(holder: Holder, password: str, said: str) -> None:
    seen = holder.submit("/account/password", password=password)
    assert seen.status == 422
    assert said in seen.alert
    assert seen.field("password") == ""


def test_an_old_proof_is_not_enough(holder: Holder) -> None:
    holder.let_proof_age()
    asked = holder.get("/account/password")
    assert asked.location == "/account/confirm?return_to=/account/password"
    holder.get(asked.location)
    landed = holder.submit("/account/confirm", password=PASSWORD)
    assert (landed.status, landed.path) == (200, "/account/password")


def test_an_old_proof_changes_nothing_by_a_post_either(holder: Holder) -> None:
    holder.get("/account/password")
    holder.let_proof_age()
    asked = holder.post("/account/password", password=NEW)
    assert (asked.status, asked.location[:17]) == (303, "/account/confirm?")
    holder.elsewhere(PASSWORD)


def test_a_first_one_is_chosen_and_not_changed(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    assert 'Choose<span class="unseen"> a password' in zoe.get("/account").html
    page = zoe.get("/account/password")
    assert page.heading == "Choose a password"
    assert "Set my password" in page.html
    assert not re.search("chang", page.html, re.IGNORECASE)
    assert "Password saved." in zoe.submit("/account/password", password=NEW).html
    assert "/recovery/email" in zoe.told("A password was added").body
    assert zoe.get("/account/password").heading == "Change your password"
