"""Signing up and in with Auth0, against the provider of a developer's machine."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.crowd import answers, nth_code, post_at_once, sql
from tests.federated import Federated, identities_of, sessions_of
from tests.holder import OLD_PROOF, Holder
from tests.person import Person, new_email, new_phone
from tests.product import Product


@pytest.fixture
def zoe(product: Product) -> Federated:
    return Federated(product)


def test_a_new_person_proves_the_phone_and_is_in(zoe: Federated) -> None:
    landed = zoe.come_with_auth0()
    assert (landed.status, landed.path) == (200, "/signup/phone")
    assert f'Signed up as <bdi dir="ltr">{zoe.email}</bdi> with' in landed.html
    assert "single sign-on; one thing left: your phone." in landed.html
    done = zoe.prove_phone()
    assert (done.path, done.heading) == ("/signup/done", "Your account is ready")
    assert "Your number, or single sign-on, lets you in" in done.html
    assert zoe.is_in
    [user] = sql(zoe.product, "SELECT * FROM users WHERE email = $1", zoe.email)
    assert (user["phone"], user["password_hash"], user["password_changed_at"]) == (
        zoe.phone, None, None,
    )  # fmt: skip
    assert len(identities_of(zoe.product, zoe.email)) == 1


def test_the_steps_that_are_counted_are_those_left(zoe: Federated) -> None:
    page = zoe.come_with_auth0()
    assert "Step 1 of 2" in page.title
    assert ("Password" in page.html, "one thing left" in page.html) == (False, True)
    assert "Step 2 of 2" in zoe.give_phone(zoe.phone).title


def test_a_known_identity_is_signed_in_with_one_click(zoe: Federated) -> None:
    zoe.sign_up_with_auth0()
    out = zoe.post("/logout")
    assert (out.status, out.location) == (303, "/")
    assert not zoe.is_in
    assert 'Continue with single sign-on <span class="badge">Last used' in zoe.get("/login").html
    landed = zoe.come_with_auth0("login")
    assert (landed.status, landed.path) == (200, "/account")
    [amr] = {tuple(row["amr"]) for row in sql(
        zoe.product,
        "SELECT s.amr FROM sessions s JOIN users u ON u.id = s.user_id"
        " WHERE u.email = $1 AND s.revoked_at IS NULL",
        zoe.email,
    )}  # fmt: skip
    assert amr == ("fed",)


def test_a_new_browser_is_told_of(zoe: Federated) -> None:
    zoe.sign_up_with_auth0()
    other = Federated(zoe.product, zoe.email)
    assert other.come_with_auth0("login").path == "/account"
    assert zoe.told("New sign-in to your account")


def test_signing_up_again_with_a_known_identity_signs_in(zoe: Federated) -> None:
    zoe.sign_up_with_auth0()
    other = Federated(zoe.product, zoe.email)
    landed = other.come_with_auth0("signup")
    assert landed.path == "/account"
    assert "You already have an account" in landed.html


def test_what_was_first_asked_for_comes_after(zoe: Federated) -> None:
    zoe.get(zoe.get("/account/sessions").location)
    assert zoe.come_with_auth0("login").path == "/signup/phone"
    waiting = zoe.follow("/account/sessions")
    assert waiting.path == "/signup/phone", "the missing step"
    assert zoe.prove_phone().path == "/account/sessions"


@pytest.mark.parametrize("ticks", [{"unverified": "1"}, {"no_email": "1"}])
def test_an_address_that_is_not_confirmed_by_the_provider_is_proved_by_a_code(
    zoe: Federated, ticks: dict[str, str]
) -> None:
    page = zoe.come_with_auth0(**ticks)
    assert "two things left: your phone and your e-mail." in page.html
    at_email = zoe.prove_phone()
    assert (at_email.path, "Step 3 of 4" in at_email.title) == ("/signup/email", True)
    assert at_email.field("email") == ("" if "no_email" in ticks else zoe.email)
    zoe.give_email(zoe.email)
    assert zoe.give_email_code(zoe.email).path == "/signup/done"
    assert zoe.is_in
    assert len(identities_of(zoe.product, zoe.email)) == 1


def test_a_taken_address_is_not_told_of_but_its_owner_is(product: Product) -> None:
    owner = Holder(product)
    zoe = Federated(product, owner.email)
    assert "two things left" in zoe.come_with_auth0().html
    assert zoe.prove_phone().path == "/signup/email"
    assert zoe.give_email(owner.email).path == "/signup/email-code"
    assert owner.told("You already have")
    assert identities_of(product, owner.email) == []
    other = new_email()
    assert zoe.submit("/signup/email?change", email=other).path == "/signup/email-code"
    assert zoe.give_email_code(other).path == "/signup/done"
    assert len(identities_of(product, other)) == 1


def test_a_phone_proved_before_leaves_nothing_to_do(zoe: Federated) -> None:
    zoe.give_phone(zoe.phone)
    zoe.give_phone_code(zoe.phone)
    assert zoe.come_with_auth0().path == "/signup/done"
    assert zoe.is_in


def test_the_last_code_five_times_at_once_makes_one_account(zoe: Federated) -> None:
    zoe.come_with_auth0()
    zoe.give_phone(zoe.phone)
    code = zoe.product.code_for(zoe.phone)
    given = answers(post_at_once(zoe, "/signup/phone-code", 5, code=code))
    assert given == {"303 /signup/done": 5}
    assert sessions_of(zoe.product, zoe.email) == len(identities_of(zoe.product, zoe.email)) == 1


def test_who_has_no_password_confirms_by_a_text(zoe: Federated) -> None:
    zoe.sign_up_with_auth0()
    sql(zoe.product, OLD_PROOF, zoe.email, zoe.phone)
    page = zoe.get("/account/deletion")
    assert 'type="password"' not in page.html
    to = zoe.post("/account/deletion").location
    assert to == "/account/confirm?return_to=/account/deletion"
    assert 'type="password"' not in zoe.get(to).html
    zoe.post("/account/confirm/code")
    code = nth_code(zoe.product, zoe.phone, 2)
    assert zoe.submit("/account/confirm", code=code).path == "/account/deletion"


def test_a_text_on_its_way_is_still_waited_for(zoe: Federated) -> None:
    zoe.give_phone(zoe.phone)
    assert zoe.come_with_auth0().path == "/signup/phone-code"
    assert zoe.give_phone_code(zoe.phone).path == "/signup/done"


def test_coming_again_unfinished_lands_on_the_missing_step(zoe: Federated) -> None:
    zoe.come_with_auth0(unverified="1")
    assert zoe.come_with_auth0("login", unverified="1").path == "/signup/phone"
    zoe.give_phone(zoe.phone)
    assert zoe.come_with_auth0("login", unverified="1").path == "/signup/phone-code"
    assert zoe.give_phone_code(zoe.phone).path == "/signup/email"
    assert zoe.come_with_auth0("login", unverified="1").path == "/signup/email"
    assert zoe.opened_nothing


def test_starting_again_forgets_the_identity(zoe: Federated) -> None:
    zoe.come_with_auth0()
    assert zoe.submit_from("/signup/phone", "/signup/restart").path == "/signup"
    assert "with single sign-on;" not in zoe.get("/signup/phone").html
    assert zoe.prove_phone().path == "/signup/email"


def test_the_other_browser_of_a_flow_gets_nothing(zoe: Federated) -> None:
    """Whoever knew the flow cookie before is left out once it is known who comes."""
    zoe.give_phone(zoe.phone)
    thief = Federated(zoe.product)
    thief.http.cookies.update(zoe.http.cookies)
    zoe.come_with_auth0()
    assert "with single sign-on;" not in thief.get("/signup/phone").html
    thief.give_phone(mine := new_phone())
    assert thief.give_phone_code(mine).path == "/signup/email"
    assert zoe.give_phone_code(zoe.phone).path == "/signup/done"


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("google-oauth2", "google-oauth2"),
        ("Username-Password-Authentication", "Username-Password-Authentication"),
        ("-x", None),
        ("a b", None),
        ("a%26prompt%3Dnone", None),
        ("a" * 129, None),
    ],
)
def test_a_connection_of_the_provider_can_be_named(
    product: Product, named: str, asked: str | None
) -> None:
    there = Person(product).get(f"/auth0/start?for=login&connection={named}").location
    query = dict(parse_qsl(urlsplit(there).query))
    assert query.get("connection") == asked
    assert "prompt" not in query
