"""A fresh proof by a session: sent twice, or with its answer lost, and what it is worth to whom."""

import httpx
import pytest

from tests.person import Person
from tests.sessions.conftest import Pair
from tests.sessions.held import (
    PASSWORD,
    Held,
    Owner,
    ask,
    given,
    held_by,
    request,
    send_at_once,
    session,
)
from tests.sessions.mint import Mint, claims_of


def confirm(pair: Pair, person: Person, held: Held) -> list[httpx.Request]:
    """The same form, to either process."""
    person.get("/account/confirm")
    form = {"csrf_token": person.token(), "password": PASSWORD}
    cookie = f"{held.cookie}; flow={person.http.cookies['flow']}"
    return [request("POST", one, "/account/confirm", cookie, **form) for one in pair]


@pytest.mark.parametrize("access", ["live", "expired"])
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
def test_a_proof_whose_answer_is_lost_can_be_given_again(
    pair: Pair, owner: Owner, mint: Mint, access: str, at_once: bool
) -> None:
    person = owner.sign_in()
    held = held_by(person)
    old = held if access == "live" else Held(mint.expired(held.access), held.refresh)
    posts = confirm(pair, person, old)
    lost = send_at_once(posts) if at_once else [*send_at_once(posts[:1]), *send_at_once(posts[1:])]
    assert [answer.headers.get("location") for answer in lost] == ["/account"] * 2
    assert len({given(answer).refresh for answer in lost}) == 1
    # What the browser held before still leads on, to the same.
    found = ask(pair[0], held.only("refresh"))
    assert (found.status_code, given(found).refresh) == (200, given(lost[0]).refresh)
    assert session(pair[0], claims_of(held.access)["sid"])["revoked_at"] is None
