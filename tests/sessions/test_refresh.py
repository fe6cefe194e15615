"""Refreshing: by itself, one successor for all who ask at once, and the end of what was copied."""

import pytest

from tests.crowd import sql
from tests.faults.staged import until
from tests.sessions.conftest import Pair
from tests.sessions.held import Held, Owner, ask, ask_at_once, given, is_out, session
from tests.sessions.mint import Mint, claims_of

LATER = "UPDATE sessions SET rotated_at = rotated_at - interval '11 seconds' WHERE id = $1"
TOLD = "We ended one of your sessions"
REPLAYS = "SELECT count(*) FROM audit_events WHERE event = 'session:replayed' AND user_id = $1"


def sid(held: Held) -> str:
    return claims_of(held.access)["sid"]


def was_replayed(owner: Owner, held: Held) -> bool:
    """Ended for it, written down once, and told to the owner."""
    row = session(owner.product, sid(held))
    [told] = sql(owner.product, REPLAYS, row["user_id"])
    until(lambda: [m.subject for m in owner.product.messages(owner.email)].count(TOLD) == 1)
    return (row["revoked_reason"], told["count"]) == ("replayed", 1)


def refreshed(owner: Owner, held: Held) -> Held:
    """By a page that is answered as ever, to whoever has nothing but the refresh token."""
    answer = ask(owner.product, held.only("refresh"))
    assert answer.status_code == 200
    return given(answer)


def ten_seconds_later(owner: Owner, held: Held) -> None:
    sql(owner.product, LATER, sid(held))


@pytest.mark.parametrize("many", [20, 50])
@pytest.mark.parametrize("access", ["expired", "absent"])
def test_many_at_once_with_one_old_token_get_one_successor(
    pair: Pair, owner: Owner, mint: Mint, many: int, access: str
) -> None:
    held = owner.hold()
    old = Held(mint.expired(held.access) if access == "expired" else "", held.refresh)
    answers = ask_at_once(pair * (many // 2), old)
    assert [answer.status_code for answer in answers] == [200] * many
    assert all(owner.email in answer.text for answer in answers)
    successors = {given(answer).refresh for answer in answers}
    assert len(successors) == 1
    assert successors.isdisjoint({held.refresh, ""})
    row = session(owner.product, sid(held))
    assert (row["generation"], row["revoked_at"]) == (1, None)
    assert {claims_of(given(answer).access)["gen"] for answer in answers} == {1}
    # Each of the pairs is good, also where it was not given.
    pairs = [given(answer).only("access") for answer in answers]
    assert all(answer.status_code == 200 for answer in ask_at_once(pair * (many // 2), pairs))


def test_a_page_asked_for_with_an_expired_token_is_answered_as_ever(
    owner: Owner, mint: Mint
) -> None:
    person = owner.sign_in()
    before = dict(person.http.cookies)
    person.http.cookies.set("access", mint.expired(before["access"]), domain="127.0.0.1")
    page = person.get("/account/sessions")
    assert (page.status, page.heading) == (200, "Where you’re signed in")
    assert "This device" in page.html
    assert person.http.cookies["refresh"] != before["refresh"]
    # The form on it works, in the same session.
    assert person.post("/account/sessions/revocation").location == "/account/sessions"
    assert claims_of(person.http.cookies["access"])["sid"] == claims_of(before["access"])["sid"]


def test_the_session_goes_on_from_successor_to_successor(owner: Owner) -> None:
    held = first = owner.hold()
    for generation in range(1, 6):
        held = refreshed(owner, held)
        claims = claims_of(held.access)
        assert (claims["gen"], claims["sid"]) == (generation, sid(first))
    assert ask(owner.product, held).status_code == 200


@pytest.mark.parametrize("used", ["access", "refresh"])
def test_a_replay_after_the_successor_was_used_ends_the_session(
    pair: Pair, owner: Owner, used: str
) -> None:
    old = owner.hold()
    successor = refreshed(owner, old)
    answer = ask(pair[1], successor.only(used))
    assert answer.status_code == 200
    ten_seconds_later(owner, old)
    assert is_out(ask(pair[1], old.only("refresh")))
    assert was_replayed(owner, old)
    newest = given(answer).refresh or successor.refresh
    assert is_out(ask(pair[0], Held("", newest)))
    until(lambda: all(is_out(ask(one, successor.only("access"))) for one in pair), 1.0)


def test_a_replay_within_ten_seconds_gets_the_successor_again(owner: Owner) -> None:
    old = owner.hold()
    successor = refreshed(owner, old)
    assert ask(owner.product, successor).status_code == 200
    assert refreshed(owner, old).refresh == successor.refresh
    assert session(owner.product, sid(old))["revoked_at"] is None


def test_a_grandparent_ends_the_session_also_within_ten_seconds(owner: Owner) -> None:
    old = owner.hold()
    newest = refreshed(owner, refreshed(owner, old))
    assert is_out(ask(owner.product, old.only("refresh")))
    assert was_replayed(owner, old)
    assert is_out(ask(owner.product, newest.only("refresh")))


def test_a_lost_answer_is_given_again_however_late(owner: Owner) -> None:
    old = owner.hold()
    lost = refreshed(owner, old)
    for _ in range(3):
        ten_seconds_later(owner, old)
        found = refreshed(owner, old)
        assert found.refresh == lost.refresh
    # Once it is in use, what came before it is over.
    assert ask(owner.product, found).status_code == 200
    assert is_out(ask(owner.product, old.only("refresh")))
    assert was_replayed(owner, old)


def test_a_token_of_a_later_generation_than_there_is_ends_nothing(owner: Owner) -> None:
    """As after a database was restored from a copy that is older than the token."""
    old = owner.hold()
    newest = refreshed(owner, old)
    sql(owner.product, "UPDATE sessions SET generation = 0 WHERE id = $1", sid(old))
    assert is_out(ask(owner.product, newest.only("refresh")))
    assert session(owner.product, sid(old))["revoked_at"] is None


@pytest.mark.parametrize("end", ["idle_expires_at", "expires_at"])
def test_a_session_ends_by_itself(owner: Owner, end: str) -> None:
    held = owner.hold()
    sql(owner.product, f"UPDATE sessions SET {end} = clock_timestamp() WHERE id = $1", sid(held))
    assert is_out(ask(owner.product, held.only("refresh")))
    until(lambda: is_out(ask(owner.product, held)), 1.0)


def test_a_refresh_moves_the_idle_end_but_not_the_last(owner: Owner) -> None:
    held = owner.hold()
    sql(
        owner.product,
        "UPDATE sessions SET idle_expires_at = clock_timestamp() + interval '1 hour' WHERE id = $1",
        sid(held),
    )
    before = session(owner.product, sid(held))
    refreshed(owner, held)
    after = session(owner.product, sid(held))
    assert (after["idle_expires_at"] - before["idle_expires_at"]).days == 13
    assert after["expires_at"] == before["expires_at"]


def test_thirty_rotations_a_minute_and_no_more(pair: Pair, owner: Owner) -> None:
    held = owner.hold()
    # However many ask with it, one token is one rotation.
    assert {a.status_code for a in ask_at_once(pair * 20, held.only("refresh"))} == {200}
    for _ in range(30):
        held = refreshed(owner, held)
    refused = ask(owner.product, held.only("refresh"))
    assert refused.status_code == 429
    assert not {"access", "refresh"} & {*refused.cookies}, "only the form to sign out has a cookie"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "Try again in a minute" in refused.text
    # What has been given is as good as before.
    assert ask(owner.product, held).status_code == 200
