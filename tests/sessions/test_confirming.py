"""A fresh proof by a session: sent twice, or with its answer lost, and what it is worth to whom."""

import json

import httpx
import pytest

from tests.crowd import sql
from tests.holder import confirm_by_code
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

AGE = "UPDATE sessions SET authenticated_at = authenticated_at - interval '11 minutes'"
CONFIRMED = """
SELECT details FROM audit_events WHERE event = 'session:confirmed' AND user_id = $1 ORDER BY at
"""


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
    person = owner.sign_in_by_phone()
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


def test_a_token_from_before_the_proof_gains_nothing_by_it(pair: Pair, owner: Owner) -> None:
    person = owner.sign_in_by_phone()
    sql(pair[0], f"{AGE} WHERE id = $1", claims_of(person.http.cookies["access"])["sid"])
    del person.http.cookies["access"]
    person.get("/account")
    copied = held_by(person).only("access")
    assert person.submit("/account/confirm", password=PASSWORD).path == "/account"
    assert person.get("/account/data").status == 200
    for path in ("/account/data", "/account/password"):
        refused = ask(pair[0], copied, path)
        assert refused.headers["location"] == f"/account/confirm?return_to={path}"
    assert ask(pair[0], copied).status_code == 200


def test_the_new_tokens_tell_how_it_was_proved_this_time(owner: Owner) -> None:
    person = owner.sign_in()
    told = [claims_of(person.http.cookies["access"])["amr"]]
    assert confirm_by_code(person, owner.phone).path == "/account"
    told.append(claims_of(person.http.cookies["access"])["amr"])
    person.get("/account/data")
    del person.http.cookies["access"]
    person.get("/account")
    claims = claims_of(person.http.cookies["access"])
    assert [*told, claims["amr"]] == [["pwd"], *[["otp", "sms", "mfa"]] * 2]
    [recorded] = sql(owner.product, CONFIRMED, claims["sub"])
    assert json.loads(recorded["details"]) == {"by": "phone"}
