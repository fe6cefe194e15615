"""An identity and an account that is there already: linked only by who proves both."""

import re
from datetime import timedelta

import pytest

from tests.crowd import answers, post_at_once, sql
from tests.federated import Federated, identities_of, sessions_of
from tests.holder import PASSWORD, Holder, confirm_by_code
from tests.owner import spoken
from tests.person import new_email
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

AGE_PROOF = """
UPDATE phone_verifications SET consumed_at = consumed_at - interval '11 minutes' WHERE phone = $1
"""

IDENTITIES = "/account/identities"
NOT_LINKED = "That login isn’t linked. You can link it in your account."
AGE_IDENTITY = "UPDATE identity_proofs SET created_at = created_at - $2::interval WHERE email = $1"


@pytest.fixture
def owner(product: Product) -> Holder:
    return Holder(product)


@pytest.fixture
def visitor(owner: Holder) -> Federated:
    """The same person in another browser, with an identity by another address."""
    other = Federated(owner.product)
    other.come_with_auth0()
    return other


def test_a_number_with_an_account_is_offered_the_link(owner: Holder, visitor: Federated) -> None:
    page = visitor.prove_phone(owner.phone)
    assert (page.path, page.heading) == ("/signup/link", "You already have an account")
    assert not visitor.is_in, "not before they say so"
    asked = visitor.submit("/signup/link", answer="link")
    assert (asked.path, asked.heading) == ("/account/confirm", "Confirm it’s you")
    assert identities_of(owner.product, owner.email) == [], "a number can change hands"
    page = visitor.submit("/account/confirm", password=PASSWORD)
    assert (page.path, visitor.email in page.html) == (IDENTITIES, True)
    linked = visitor.get(visitor.post(f"{IDENTITIES}/waiting").location)
    assert "You can now sign in with single sign-on." in linked.html
    assert owner.told("A new way to sign in")
    again = Federated(owner.product, visitor.email)
    assert again.come_with_auth0("login").path == "/account"
    assert spoken(owner.phone) in again.get("/account").html


def test_whoever_has_the_number_alone_links_nothing(owner: Holder, visitor: Federated) -> None:
    """With a moved SIM card and an Auth0 sign-in of one's own, for keeps."""
    visitor.prove_phone(owner.phone)
    visitor.submit("/signup/link", answer="link")
    visitor.get(IDENTITIES)
    refused = visitor.post(f"{IDENTITIES}/waiting")
    assert refused.location == f"/account/confirm?return_to={IDENTITIES}/waiting"
    assert identities_of(owner.product, owner.email) == []
    again = Federated(owner.product, visitor.email)
    assert again.come_with_auth0("login").path != "/account"


def test_what_waits_is_the_sessions_own_and_for_an_hour(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    visitor.submit("/signup/link", answer="link")
    assert "isn’t linked yet" in visitor.get(IDENTITIES).html
    assert "isn’t linked yet" not in owner.get(IDENTITIES).html
    sql(owner.product, AGE_IDENTITY, visitor.email, timedelta(minutes=61))
    assert "isn’t linked yet" not in visitor.get(IDENTITIES).html
    visitor.submit("/account/confirm", password=PASSWORD)
    seen = visitor.get(visitor.post(f"{IDENTITIES}/waiting").location)
    assert NOT_LINKED in seen.html
    assert identities_of(owner.product, owner.email) == []


@pytest.mark.parametrize(("minutes", "path"), [(59, "/signup/link"), (61, "/account")])
def test_an_identity_of_a_while_ago_may_be_someone_elses(
    owner: Holder, visitor: Federated, minutes: int, path: str
) -> None:
    sql(owner.product, AGE_IDENTITY, visitor.email, timedelta(minutes=minutes))
    visitor.submit("/login/phone", phone=owner.phone)
    code = owner.product.code_for(owner.phone)
    assert visitor.submit("/login/phone-code", code=code).path == path
    assert visitor.is_in is (path == "/account")
    assert identities_of(owner.product, owner.email) == []


def test_one_that_grew_old_on_the_page_is_left_out_and_that_is_told(
    owner: Holder, visitor: Federated
) -> None:
    visitor.prove_phone(owner.phone)
    sql(owner.product, AGE_IDENTITY, visitor.email, timedelta(minutes=61))
    page = visitor.submit("/signup/link", answer="link")
    assert (page.path, NOT_LINKED in page.html) == ("/signup/done", True)
    assert identities_of(owner.product, owner.email) == []


def test_one_without_an_address_is_told_by_its_time(owner: Holder) -> None:
    visitor = Federated(owner.product)
    visitor.come_with_auth0(no_email="1")
    page = visitor.prove_phone(owner.phone)
    assert re.search("single sign-on login from <time[^>]+>just now</time> to it", page.html)


def test_they_may_sign_in_without_linking(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    assert visitor.submit("/signup/link", answer="apart").path == "/signup/done"
    assert visitor.is_in
    assert identities_of(owner.product, owner.email) == []


def test_they_may_use_another_number(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    visitor.submit("/signup/phone?change", phone=visitor.phone)
    assert visitor.give_phone_code(visitor.phone).path == "/signup/done"
    assert identities_of(owner.product, owner.email) == []
    assert len(identities_of(owner.product, visitor.email)) == 1


def test_the_offer_is_the_only_step(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    for step in ("phone", "email", "password", "done"):
        assert visitor.get(f"/signup/{step}").location == "/signup/link"


def test_an_old_proof_of_the_number_links_nothing(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    visitor.get("/signup/link")
    sql(owner.product, AGE_PROOF, owner.phone)
    assert visitor.post("/signup/link", answer="link").location == "/signup/phone"
    assert not visitor.is_in
    assert identities_of(owner.product, owner.email) == []


def test_the_same_form_five_times_is_the_same_once(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    visitor.get("/signup/link")
    given = answers(post_at_once(visitor, "/signup/link", 5, answer="link"))
    assert given == {"303 /signup/done": 4, f"303 /account/confirm?return_to={IDENTITIES}": 1}
    opened = sessions_of(owner.product, owner.email)
    assert opened == 2, "that of the owner's own browser, and one"


def test_a_form_of_another_site_links_nothing(owner: Holder, visitor: Federated) -> None:
    visitor.prove_phone(owner.phone)
    refused = visitor.http.post("/signup/link", data={"answer": "link"})
    assert refused.status_code == 403
    assert identities_of(owner.product, owner.email) == []


def test_the_number_links_what_vouches_for_the_very_address(owner: Holder) -> None:
    visitor = Federated(owner.product, owner.email)
    visitor.come_with_auth0()
    visitor.submit("/login/phone", phone=owner.phone)
    code = owner.product.code_for(owner.phone)
    landed = visitor.submit("/login/phone-code", code=code)
    assert landed.path == "/account"
    assert "You can now sign in with single sign-on." in landed.html
    assert len(identities_of(owner.product, owner.email)) == 1


@pytest.mark.parametrize("ticks", [{}, {"unverified": "1"}, {"email": new_email()}])
def test_a_password_links_nothing_and_tells_so(owner: Holder, ticks: dict[str, str]) -> None:
    visitor = Federated(owner.product, owner.email)
    visitor.come_with_auth0(**ticks)
    landed = visitor.submit("/login/password", email=owner.email, password=PASSWORD)
    assert landed.path == "/account"
    assert NOT_LINKED in landed.html
    assert 'href="/account/identities"' in landed.html
    assert identities_of(owner.product, owner.email) == []


def test_what_waits_beside_a_password_is_linked_after_another_proof(owner: Holder) -> None:
    visitor = Federated(owner.product, owner.email)
    visitor.come_with_auth0()
    visitor.submit("/login/password", email=owner.email, password=PASSWORD)
    page = visitor.get(IDENTITIES)
    assert f'Link <bdi dir="ltr">{owner.email}</bdi>, and next time' in page.html
    refused = visitor.post(f"{IDENTITIES}/waiting")
    assert refused.location == f"/account/confirm?return_to={IDENTITIES}/waiting"
    assert confirm_by_code(visitor, owner.phone).path == "/account"
    visitor.get(IDENTITIES)
    linked = visitor.get(visitor.post(f"{IDENTITIES}/waiting").location)
    assert "You can now sign in with single sign-on." in linked.html
    assert len(identities_of(owner.product, owner.email)) == 1


def test_whoever_has_the_mailbox_alone_links_nothing(owner: Holder) -> None:
    """With a recovery, and with an identity of that address of one's own."""
    recovered = at_password(owner.product, owner.email)
    recovered.submit("/recovery/password", password=NEW_PASSWORD)
    thief = Federated(owner.product, owner.email)
    thief.come_with_auth0("login")
    thief.submit("/login/password", email=owner.email, password=NEW_PASSWORD)
    thief.get("/account/confirm")
    assert thief.post("/auth0/start?for=confirm").location.startswith("/auth0/failed/not-this-way")
    assert identities_of(owner.product, owner.email) == []


def test_where_none_waits_nothing_is_told(owner: Holder) -> None:
    visitor = Federated(owner.product)
    visitor.give_phone(visitor.phone)
    landed = visitor.submit("/login/password", email=owner.email, password=PASSWORD)
    assert (landed.path, NOT_LINKED in landed.html) == ("/account", False)


def test_the_same_identity_in_two_browsers_makes_one_account(product: Product) -> None:
    one = Federated(product)
    other = Federated(product, one.email)
    one.come_with_auth0()
    other.come_with_auth0()
    assert one.prove_phone().path == "/signup/done"
    assert other.prove_phone().path in ("/signup/email", "/signup/password")
    assert len(identities_of(product, one.email)) == 1
    assert not other.is_in
