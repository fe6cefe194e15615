"""What someone planted before a sign-in is worth nothing after it."""

from collections.abc import Callable

import pytest

from tests.person import Person, Seen, new_email, new_phone
from tests.recovering import NEW_PASSWORD, recovery_code
from tests.sessions.conftest import Pair
from tests.sessions.held import PASSWORD, Held, Owner, ask, held_by, is_out
from tests.sessions.mint import claims_of

IDENTIFIERS = ("access", "refresh", "flow")


def plant(victim: Person, attacker: Person) -> None:
    """Everything that the attacker's browser holds is in the victim's."""
    for name, value in attacker.http.cookies.items():
        victim.http.cookies.set(name, value, domain="127.0.0.1")


def sign_in_by_password(person: Person, owner: Owner) -> Seen:
    return person.submit("/login/password", email=owner.email, password=PASSWORD)


def sign_in_by_phone(person: Person, owner: Owner) -> Seen:
    person.submit("/login/phone", phone=owner.phone)
    return person.submit("/login/phone-code", code=owner.product.code_for(owner.phone))


def sign_up_again(person: Person, owner: Owner) -> Seen:
    """With a number that has an account."""
    person.give_phone(owner.phone)
    return person.give_phone_code(owner.phone)


SignIn = Callable[[Person, Owner], Seen]


@pytest.mark.parametrize("sign_in", [sign_in_by_password, sign_in_by_phone, sign_up_again])
def test_a_planted_flow_and_its_form_token_are_dead_after_a_sign_in(
    pair: Pair, owner: Owner, sign_in: SignIn
) -> None:
    attacker, victim = Person(pair[0]), Person(pair[0])
    attacker.get("/signup/phone")
    planted, token = attacker.http.cookies["flow"], attacker.token()
    plant(victim, attacker)
    assert sign_in(victim, owner).status == 200
    victim.get("/account")
    assert victim.http.cookies["flow"] != planted
    # A form that the attacker made cannot be sent from the victim's browser any more.
    forged = victim.http.post("/account/sessions/revocation", data={"csrf_token": token})
    assert forged.status_code == 403
    for path in ("/account", "/signup/done"):
        seen = attacker.get(path)
        assert (seen.status, owner.email in seen.html) == (303, False)


def test_a_planted_session_is_ended_and_nothing_of_it_kept(pair: Pair, owner: Owner) -> None:
    attacker, victim = Owner.sign_up(pair[0]).sign_in(), Person(pair[0])
    attacker.get("/account")
    plant(victim, attacker)
    before = dict(victim.http.cookies)
    landed = sign_in_by_password(victim, owner)
    assert owner.email in landed.html
    assert [name for name in IDENTIFIERS if victim.http.cookies[name] == before[name]] == []
    assert is_out(ask(pair[0], held_by(attacker).only("refresh")))


def test_no_two_sign_ins_share_an_identifier(pair: Pair, owner: Owner) -> None:
    person, seen = Person(pair[0]), []
    for sign_in in (sign_in_by_password, sign_in_by_phone) * 2:
        assert sign_in(person, owner).path == "/account"
        claims = claims_of(person.http.cookies["access"])
        own = (person.http.cookies[name] for name in IDENTIFIERS)
        seen.append({*own, claims["sid"], claims["jti"], person.token()})
        person.post("/logout")
    assert len(set.union(*seen)) == sum(map(len, seen)) == 24


def test_a_fresh_proof_gives_the_session_new_tokens(pair: Pair, owner: Owner) -> None:
    person = owner.sign_in_by_phone()
    before = held_by(person)
    assert person.submit("/account/confirm", password=PASSWORD).path == "/account"
    after = held_by(person)
    assert {before.access, before.refresh}.isdisjoint({after.access, after.refresh})
    old, new = claims_of(before.access), claims_of(after.access)
    assert (new["sid"], new["gen"]) == (old["sid"], old["gen"] + 1)
    assert new["auth_time"] >= old["auth_time"]
    assert new["jti"] != old["jti"]


def test_a_sign_up_leaves_nothing_that_its_beginning_could_open(pair: Pair) -> None:
    attacker, victim = Person(pair[0]), Person(pair[0])
    phone, email = new_phone(), new_email()
    victim.give_phone(phone)
    plant(attacker, victim)
    attacker.get("/signup/phone-code")
    token = attacker.token()
    victim.give_phone_code(phone)
    victim.give_email(email)
    victim.give_email_code(email)
    assert victim.give_password().path == "/signup/done"
    form = {"csrf_token": token, "password": "nine loud herons dance"}
    again = attacker.http.post("/signup/password", data=form)
    assert again.headers["location"].startswith("/signup/")
    assert "access" not in attacker.http.cookies
    assert is_out(attacker.get("/account").response)


def test_a_recovery_is_finished_by_nobody_who_knew_its_beginning(pair: Pair, owner: Owner) -> None:
    attacker, victim = Person(pair[0]), Person(pair[1])
    attacker.get("/recovery/email")
    plant(victim, attacker)
    victim.submit("/recovery/email", email=owner.email)
    plant(attacker, victim)
    attacker.get("/recovery/email-code")
    token = attacker.token()
    code = recovery_code(pair[1], owner.email)
    assert victim.submit("/recovery/email-code", code=code).path == "/recovery/password"
    assert attacker.get("/recovery/password").location == "/recovery/email-code"
    form = {"csrf_token": token, "password": "the attacker owns this"}
    late = attacker.http.post("/recovery/password", data=form)
    assert late.headers["location"] == "/recovery/email-code"
    landed = victim.submit("/recovery/password", password=NEW_PASSWORD)
    assert "Password changed. Sign in with the new one." in landed.html


def test_identifiers_that_nobody_was_given_are_not_taken(pair: Pair, owner: Owner) -> None:
    person = Person(pair[0])
    chosen = {name: "chosen-by-someone-else" for name in ("access", "refresh", "flow", "device")}
    for name, value in chosen.items():
        person.http.cookies.set(name, value, domain="127.0.0.1")
    assert sign_in_by_password(person, owner).path == "/account"
    kept = dict(person.http.cookies)
    assert [name for name in chosen if kept.get(name) == chosen[name]] == []
    assert ask(pair[1], Held(kept["access"], "")).status_code == 200
