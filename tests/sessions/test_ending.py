"""The end of a session: everywhere, for good, and within a second."""

import random
from collections.abc import Callable
from time import monotonic, sleep

import httpx
import pytest

from tests.crowd import sql
from tests.person import Person
from tests.sessions.conftest import Pair
from tests.sessions.held import (
    PASSWORD,
    Held,
    Owner,
    ask,
    ask_at_once,
    given,
    held_by,
    is_out,
    request,
    send_at_once,
)
from tests.sessions.mint import Mint, claims_of

LIVE = "SELECT count(*) FROM sessions WHERE user_id = $1 AND revoked_at IS NULL"
ENDED = """
SELECT revoked_reason FROM sessions JOIN users ON users.id = user_id
WHERE email = $1 AND revoked_at IS NOT NULL
"""
REPLAYED = "SELECT count(*) FROM audit_events WHERE event = 'session:replayed' AND user_id = $1"


def log_out(person: Person) -> None:
    assert person.post("/logout").location == "/"


def end_from_another(person: Person) -> None:
    """By someone who is signed in with the same account elsewhere, this one session."""
    session = claims_of(person.http.cookies["access"])["sid"]
    other = Owner(person.product, "", person.email).sign_in()
    other.get("/account/sessions")
    assert other.post(f"/account/sessions/{session}/revocation").status == 303


def end_all_others(person: Person) -> None:
    other = Owner(person.product, "", person.email).sign_in()
    other.get("/account/sessions")
    assert other.post("/account/sessions/revocation").status == 303


def delete_account(person: Person) -> None:
    sql(person.product, "DELETE FROM users WHERE email = $1", person.email)


@pytest.mark.parametrize("end", [log_out, end_from_another, end_all_others, delete_account])
def test_what_is_ended_in_one_process_is_dead_in_the_other_within_a_second(
    pair: Pair, owner: Owner, end: Callable[[Person], None]
) -> None:
    person = owner.sign_in(pair[0])
    person.email = owner.email
    held = held_by(person)
    # Both have just looked, and remember that it lives.
    assert [ask(one, held).status_code for one in pair] == [200, 200]
    end(person)
    ended = asked = monotonic()
    while not all(is_out(ask(one, held.only("access"))) for one in pair):
        assert asked < ended + 1.0
        asked = monotonic()
    for name in ("access", "refresh"):
        assert all(is_out(ask(one, held.only(name))) for one in pair * 3)


def test_ending_one_session_leaves_the_others(pair: Pair, owner: Owner) -> None:
    first, second, third = (owner.sign_in() for _ in range(3))
    first.email = owner.email
    end_from_another(first)
    sleep(1.0)
    assert is_out(ask(pair[1], held_by(first)))
    for person in (second, third):
        assert ask(pair[1], held_by(person)).status_code == 200


@pytest.mark.parametrize("dropped", ["", "access"])
def test_a_second_sign_in_in_a_browser_ends_what_it_held_before(
    pair: Pair, owner: Owner, dropped: str
) -> None:
    """By its refresh token: a copy of the access token ends nothing."""
    person = owner.sign_in()
    before = held_by(person)
    person.http.cookies.pop(dropped, None)
    landed = person.submit("/login/password", email=owner.email, password=PASSWORD)
    assert landed.path == "/account"
    sleep(1.0)
    for kept in ("access", "refresh"):
        assert all(is_out(ask(one, before.only(kept))) for one in pair)
    assert ask(pair[1], held_by(person)).status_code == 200


def test_whoever_wants_to_leave_may_have_refreshed_too_often(owner: Owner) -> None:
    person = owner.sign_in()
    for expected in [200] * 30 + [429]:
        person.http.cookies.pop("access", None)
        assert person.get("/account").status == expected
    held = person.http.cookies["refresh"]
    log_out(person)
    [row] = sql(owner.product, ENDED, owner.email)
    assert row["revoked_reason"] == "signed out"
    assert held not in person.http.cookies.values()


def raced(pair: Pair, person: Person, mint: Mint, *, expired: bool) -> list[Held]:
    """What anybody was given while someone signed out and other tabs refreshed."""
    person.get("/account")
    held = held_by(person)
    mine = Held(mint.expired(held.access) if expired else held.access, held.refresh)
    cookie = f"{mine.cookie}; flow={person.http.cookies['flow']}"
    out = request("POST", pair[0], "/logout", cookie, csrf_token=person.token())
    tabs = [request("GET", one, "/account", f"refresh={held.refresh}") for one in pair * 2]
    requests = random.sample([out, *tabs], 5)
    answers = dict(zip(map(id, requests), send_at_once(requests), strict=True))
    assert (answers[id(out)].status_code, answers[id(out)].headers["location"]) == (303, "/")
    return [held, *(given(answer) for answer in answers.values())]


def test_log_out_against_refresh_fifty_times_leaves_nothing_alive(
    pair: Pair, owner: Owner, mint: Mint
) -> None:
    everything: list[Held] = []
    for number in range(50):
        everything += raced(pair, owner.sign_in(), mint, expired=number % 2 == 0)
    user = claims_of(everything[0].access)["sub"]
    [live], [replayed] = sql(owner.product, LIVE, user), sql(owner.product, REPLAYED, user)
    # The session that came with the sign-up is nobody's business here.
    assert (live["count"], replayed["count"]) == (1, 0)
    sleep(1.0)
    tokens = {one.only(name) for one in everything for name in ("access", "refresh")}
    assert len(tokens) > 150
    alive = [answer for answer in opened(pair, list(tokens)) if not is_out(answer)]
    assert alive == []


def opened(pair: Pair, tokens: list[Held]) -> list[httpx.Response]:
    """Each of them, tried by itself in both processes."""
    answers = []
    for start in range(0, len(tokens), 40):
        some = tokens[start : start + 40]
        for one in pair:
            answers += ask_at_once([one] * len(some), some)
    return answers
