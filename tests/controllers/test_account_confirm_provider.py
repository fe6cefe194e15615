"""A linked Auth0 sign-in confirms a session that was opened another way; no other one does."""

import pytest

from tests.controllers.test_account_identities import Linker, linked
from tests.federated import Federated
from tests.holder import PASSWORD
from tests.person import new_email
from tests.product import Product

HERE = "/account/confirm"
BUTTON = "Confirm with single sign-on"


@pytest.fixture
def owner(product: Product) -> tuple[Linker, str]:
    """Someone with a linked sign-in, and its address."""
    return linked(product)


def signed_in(owner: Linker, way: str) -> Federated:
    """In another browser, which can go to the provider."""
    other = Federated(owner.product)
    source = owner.by_phone() if way == "phone" else owner.elsewhere()
    other.http.cookies.update(source.http.cookies)
    return other


@pytest.mark.parametrize("way", ["phone", "password"])
def test_it_confirms_and_leads_back_to_what_was_typed(owner: tuple[Linker, str], way: str) -> None:
    person, wanted = signed_in(owner[0], way), new_email()
    person.get("/account")
    asked = person.post("/account/email", email=wanted)
    assert BUTTON in person.get(asked.location).html
    back = person.come_with_auth0("confirm", email=owner[1])
    assert (back.path, back.field("email")) == ("/account/email", wanted)
    assert "Thanks. You can continue." in back.html
    assert person.get("/account/data").status == 200


def test_one_that_is_not_linked_to_the_account_confirms_nothing(owner: tuple[Linker, str]) -> None:
    _, of_someone_else = linked(owner[0].product)
    for email in (new_email(), of_someone_else):
        person = signed_in(owner[0], "phone")
        seen = person.come_with_auth0("confirm", email=email)
        assert (seen.status, seen.path) == (422, "/auth0/failed/auth0-not-linked")
        assert "isn’t linked to your account" in seen.alert
        assert 'href="/account/confirm"' in seen.html
        assert person.get("/account/data").status == 303


def test_who_signed_in_with_it_confirms_another_way(owner: tuple[Linker, str]) -> None:
    person = Federated(owner[0].product, owner[1])
    assert person.come_with_auth0("login").path == "/account"
    page = person.get(HERE)
    assert "You signed in with single sign-on, so we ask for something else." in page.html
    assert BUTTON not in page.html
    refused = person.get(person.post("/auth0/start?for=confirm").location)
    assert (refused.status, refused.path) == (422, "/auth0/failed/not-this-way")
    assert person.submit(HERE, password=PASSWORD).path == "/account"
    assert person.get("/account/data").status == 200


def test_without_one_it_is_not_offered(product: Product) -> None:
    assert BUTTON not in Linker(product).elsewhere().get(HERE).html


def test_only_a_form_of_ours_sets_off(owner: tuple[Linker, str]) -> None:
    person = signed_in(owner[0], "phone")
    page = person.get("/auth0/start?for=confirm")
    assert (page.status, "Continue with single sign-on" in page.html) == (200, True)
    forged = person.http.post("/auth0/start?for=confirm", data={"csrf_token": "x"})
    assert forged.status_code == 403
    assert "refresh" not in forged.headers


def test_another_session_does_not_finish_it(owner: tuple[Linker, str]) -> None:
    person = signed_in(owner[0], "phone")
    back = person.answered("confirm", email=owner[1])
    person.submit("/login/password", email=owner[0].email, password=PASSWORD)
    person.follow(back)
    assert person.get("/account/data").status == 303


def test_nobody_sets_off_without_a_session(product: Product) -> None:
    nobody = Federated(product)
    nobody.get("/auth0/start?for=confirm")
    assert nobody.post("/auth0/start?for=confirm").location == f"/login?return_to={HERE}"


def test_who_has_auth0_alone_and_no_phone_is_told_how_to_go_on(product: Product) -> None:
    person = Federated(product)
    assert person.sign_up_with_auth0().path == "/signup/done"
    other = Federated(product, person.email)
    assert other.come_with_auth0("login").path == "/account"
    page = other.get(HERE)
    assert "No longer have that phone?" in page.html
    assert 'href="/recovery/email"' in page.html
