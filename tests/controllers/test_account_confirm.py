"""The fresh proof: asked for when the last is old, given by password or code, and back again."""

from dataclasses import dataclass

import httpx
import pytest

from tests.crowd import answers, at_once, nth_code, sql, wrong
from tests.holder import PASSWORD, Holder
from tests.person import Person
from tests.product import Product

ATTEMPTS = "SELECT attempts FROM phone_verifications WHERE phone = $1 AND purpose = 'confirm'"
# As if what was texted so far had been texted long ago.
NO_WAIT = "UPDATE deliveries SET created_at = created_at - interval '2 days' WHERE destination = $1"


@pytest.fixture
def holder(product: Product) -> Holder:
    holder = Holder(product)
    holder.let_proof_age()
    return holder


def test_the_password_confirms_and_leads_back(holder: Holder) -> None:
    holder.get(holder.get("/account/data").location)
    confirmed = holder.post("/account/confirm", password=PASSWORD)
    assert (confirmed.status, confirmed.location) == (303, "/account/data")
    assert holder.get("/account/data").status == 200


def test_a_code_to_the_phone_confirms(holder: Holder) -> None:
    holder.get(holder.get("/account/password").location)
    asked = holder.post("/account/confirm/code")
    assert (asked.status, asked.location) == (303, "/account/confirm")
    code = nth_code(holder.product, holder.phone, 2)
    landed = holder.submit("/account/confirm", code=code)
    assert (landed.status, landed.path) == (200, "/account/password")


def code_for(holder: Holder, nth: int = 2) -> str:
    """On the page where it is typed."""
    holder.get("/account/confirm")
    holder.post("/account/confirm/code")
    holder.get("/account/confirm")
    return nth_code(holder.product, holder.phone, nth)


@dataclass
class Form:
    """The page with the code on it, as it can be sent again and again with what it was got with."""

    holder: Holder
    code: str
    token: str
    cookies: dict[str, str]

    @classmethod
    def shown_to(cls, holder: Holder, nth: int = 2) -> "Form":
        holder.get("/account/confirm")
        holder.post("/account/confirm/code")
        holder.get("/account/confirm")
        code = nth_code(holder.product, holder.phone, nth)
        return cls(holder, code, holder.token(), dict(holder.http.cookies))

    def sent(self, times: int = 1) -> list[httpx.Response]:
        """As many times at once."""
        browser = Person(self.holder.product)
        browser.http.cookies.update(self.cookies)
        form = {"csrf_token": self.token, "code": self.code}
        return at_once([(browser, "/account/confirm", form)] * times)


def test_a_code_that_is_sent_twice_is_answered_like_the_first_time(holder: Holder) -> None:
    """By a double click, whose first answer the browser drops."""
    form = Form.shown_to(holder)
    given = [*form.sent(5), *form.sent()]
    assert answers(given) == {"303 /account": 6}
    assert len({answer.cookies["refresh"] for answer in given}) == 1, "there is one successor"


def test_right_codes_are_no_wrong_ones_however_often_they_are_sent(holder: Holder) -> None:
    for nth in range(2, 6):
        sql(holder.product, NO_WAIT, holder.phone)
        form = Form.shown_to(holder, nth)
        given = [answer for _ in range(5) for answer in form.sent()]
        assert answers(given) == {"303 /account": 5}
        holder.let_proof_age()
    sql(holder.product, NO_WAIT, holder.phone)
    landed = Person(holder.product)
    landed.submit("/login/phone", phone=holder.phone)
    code = nth_code(holder.product, holder.phone, 6)
    assert landed.submit("/login/phone-code", code=code).path == "/account"


def test_a_used_code_is_of_no_use_to_who_holds_an_older_token(holder: Holder) -> None:
    copied = Form.shown_to(holder)
    holder.submit("/account/confirm", code=copied.code)
    [refused] = copied.sent()
    assert (refused.status_code, "no longer works" in refused.text) == (422, True)
    assert "refresh" not in refused.cookies


def test_another_code_than_the_used_one_is_told_so_and_costs_nothing(holder: Holder) -> None:
    code = Form.shown_to(holder).code
    holder.submit("/account/confirm", code=code)
    holder.get("/account/confirm")
    refused = holder.post("/account/confirm", code=wrong(code))
    assert (refused.status, "no longer works" in refused.alert) == (422, True)
    assert sql(holder.product, ATTEMPTS, holder.phone)[0]["attempts"] == 1


def test_a_proof_is_one_sessions_alone(holder: Holder) -> None:
    other = holder.elsewhere()
    holder.let_proof_age()
    holder.submit("/account/confirm", password=PASSWORD)
    assert holder.get("/account/password").status == 200
    assert other.get("/account/password").status == 303


def test_a_code_for_one_session_confirms_no_other(holder: Holder) -> None:
    other = holder.elsewhere()
    holder.let_proof_age()
    holder.get("/account/confirm")
    holder.post("/account/confirm/code")
    refused = other.submit("/account/confirm", code=nth_code(holder.product, holder.phone, 2))
    assert (refused.status, other.get("/account/password").status) == (422, 303)


def test_new_identifiers_come_with_the_proof(holder: Holder) -> None:
    before = dict(holder.http.cookies)
    holder.submit("/account/confirm", password=PASSWORD)
    after = dict(holder.http.cookies)
    assert before["access"] != after["access"]
    assert before["refresh"] != after["refresh"]


@pytest.mark.parametrize("password", ["not the right one", "", "x" * 2000])
def test_a_wrong_password_stays_and_says_so(holder: Holder, password: str) -> None:
    seen = holder.submit("/account/confirm", password=password)
    assert seen.status == 422
    assert seen.alert != ""
    assert seen.field("password") == ""
    assert holder.get("/account/password").status == 303


def test_a_wrong_code_stays_and_says_so(holder: Holder) -> None:
    holder.get("/account/confirm")
    holder.post("/account/confirm/code")
    seen = holder.submit("/account/confirm", code=wrong(nth_code(holder.product, holder.phone, 2)))
    assert (seen.status, holder.get("/account/password").status) == (422, 303)


def test_nobody_confirms_without_a_session(product: Product) -> None:
    assert Person(product).get("/account/confirm").location.startswith("/login?return_to=")


def test_the_line_about_the_text_rests_once_the_code_is_used(holder: Holder) -> None:
    holder.get("/account/confirm")
    holder.post("/account/confirm/code")
    holder.get("/account/confirm")
    open_page = {"hx-request": "true"}
    assert "hx-get=" in holder.get("/account/confirm/delivery", **open_page).html
    holder.get("/account/confirm")
    holder.post("/account/confirm", code=holder.product.code_for(holder.phone))
    rests = holder.get("/account/confirm/delivery", **open_page)
    assert (rests.status, rests.html[:19], "hx-get" in rests.html) == (
        200,
        '<div id="delivery">',
        False,
    )
