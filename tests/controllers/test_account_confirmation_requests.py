"""Without the phone, all that is no change of a contact takes a day and both proofs twice: the
owner who still has the phone is told at once, and stops it.
"""

import json
import re
from typing import Any

import pytest

from tests.crowd import at_once, sql
from tests.holder import PASSWORD, confirm_by_code, message
from tests.lost import HERE, REQUESTS, Lost, stop, stop_path, tomorrow
from tests.owner import Owner, contacts
from tests.person import new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

PAGES = ["/account/password", "/account/data", "/account/deletion"]
ASKED = "You’ve asked for this."


@pytest.fixture
def lost(product: Product) -> Lost:
    return Lost(product)


def refused(lost: Lost, path: str) -> bool:
    """Whether the change, or its page, still asks for a proof."""
    if path == "/account/deletion":
        lost.browser.get("/account")
        return lost.browser.post(path).location.startswith("/account/confirm?")
    return lost.browser.get(path).location.startswith("/account/confirm?")


def test_the_first_time_it_is_asked_for_and_both_contacts_are_told(lost: Lost) -> None:
    page = lost.confirm("/account/password")
    assert (page.path, "We’ve told your phone" in page.html) == ("/account", True)
    day = tomorrow()
    assert re.search(
        "You can confirm without your phone <time[^>]+>in 24 hours</time></h2>", page.html
    )
    [row] = lost.requests()
    assert row["wait"].total_seconds() == pytest.approx(86_400, abs=1)
    assert "without your phone" in lost.told(f"without your phone from {day}").body
    assert message(lost.product, lost.phone, "without this phone")


@pytest.mark.parametrize("path", PAGES)
def test_who_has_the_password_and_the_mailbox_gets_nothing_within_a_day(
    lost: Lost, path: str
) -> None:
    lost.confirm("/account/password")
    assert refused(lost, path)
    lost.pass_hours(23.9)
    lost.confirm("/account/password")
    assert refused(lost, path)
    assert lost.browser.post("/auth0/start?for=link").location.startswith("/account/confirm?")
    assert lost.browser.get("/account/phone").status == 303, "nor is a contact changed by it"


def test_asked_for_again_it_says_from_when_and_changes_nothing(lost: Lost) -> None:
    lost.confirm("/account/password")
    first, told = lost.requests(), len(lost.product.messages(lost.phone))
    lost.browser.get("/account/confirm?return_to=/account/data")
    page = lost.browser.get(HERE)
    assert (ASKED in page.html, 'name="password"' in page.html) == (True, False)
    page = lost.confirm("/account/data")
    assert "You’ve asked for this before." in page.html
    lost.browser.get("/account/confirm?return_to=/account/data")
    assert lost.browser.submit(HERE, code="12345678").status == 422
    assert (lost.requests(), len(lost.product.messages(lost.phone))) == (first, told)


@pytest.mark.parametrize("hours", [24, 24 * 8 - 0.1])
def test_a_day_later_both_proofs_confirm_for_once(lost: Lost, hours: float) -> None:
    lost.confirm("/account/password")
    lost.pass_hours(hours)
    assert "You can confirm without your phone" in lost.browser.get("/account").html
    page = lost.confirm("/account/password")
    assert (page.status, page.path) == (200, "/account/password")
    assert lost.requests() == []
    assert lost.browser.get("/account/data").status == 200, "ten minutes, as any proof"
    page = lost.browser.submit("/account/password", password=NEW_PASSWORD)
    assert "Password changed." in page.html
    lost.let_proof_age()
    assert refused(lost, "/account/data")


def test_a_day_later_the_number_can_be_changed(lost: Lost) -> None:
    lost.confirm("/account/password")
    lost.pass_hours(24)
    lost.confirm("/account/phone")
    assert "Number changed." in lost.ask("phone", value := new_phone()).html
    assert contacts(lost.product, value) == [(value, lost.email)]


def test_a_day_later_the_account_can_be_deleted(lost: Lost) -> None:
    lost.confirm("/account/password")
    lost.pass_hours(24)
    lost.confirm("/account/password")
    lost.browser.get("/account/deletion")
    assert lost.browser.post("/account/deletion").location == "/"
    assert contacts(lost.product, lost.email) == []


def test_a_week_after_that_it_is_asked_for_anew(lost: Lost) -> None:
    lost.confirm("/account/password")
    [first] = lost.requests()
    lost.pass_hours(24 * 8)
    assert "without your phone" not in lost.browser.get("/account").html
    page = lost.confirm("/account/password")
    assert "We’ve told your phone" in page.html
    [second] = lost.requests()
    assert (second["id"] != first["id"], refused(lost, "/account/data")) == (True, True)


def test_the_same_forms_at_once_ask_or_confirm_once(lost: Lost) -> None:
    lost.confirm("/account/password")
    lost.pass_hours(24)
    had = len(lost.product.codes_for(lost.email))
    lost.browser.get(lost.browser.get("/account/data").location)
    page = lost.browser.submit(HERE, password=PASSWORD)
    assert page.path == "/account/confirm"
    code = lost.product.code_for(lost.email, had)
    form = {"csrf_token": lost.browser.token(), "code": code}
    found = at_once([(lost.browser, HERE, form)] * 4)
    assert {one.headers["location"] for one in found} == {"/account/data"}
    again = lost.browser.post(HERE, code=code)
    assert again.location == "/account/data", "whose first answer was lost"
    assert lost.browser.get("/account/data").status == 200
    assert lost.requests() == []


def test_the_owner_with_the_phone_sees_it_and_stops_it(lost: Lost) -> None:
    lost.confirm("/account/password")
    owner = lost.by_phone()
    assert stop(owner).location.startswith("/account/confirm?"), "the phone alone will not do"
    assert len(lost.requests()) == 1
    assert confirm_by_code(owner, lost.email).path == "/account"
    assert stop(owner).location == "/account"
    assert lost.requests() == []
    lost.told("was stopped")
    message(lost.product, lost.phone, "was stopped")
    lost.pass_hours(24)
    lost.confirm("/account/password")
    assert refused(lost, "/account/password")


def test_it_can_be_stopped_when_it_is_due_too(lost: Lost) -> None:
    lost.confirm("/account/password")
    lost.pass_hours(25)
    assert stop(lost.elsewhere()).location == "/account"
    assert lost.requests() == []


def test_nobody_stops_someone_elses(lost: Lost) -> None:
    page = lost.confirm("/account/password")
    stranger = Owner(lost.product)
    stranger.get("/account")
    stranger.post(f"/account/delayed/{stop_path(page)}")
    assert len(lost.requests()) == 1


def password(lost: Lost) -> object:
    return lost.submit("/account/password", password=NEW_PASSWORD)


def contact(lost: Lost) -> object:
    lost.submit("/account/email", email=(value := new_email()))
    return lost.submit("/account/email-code", code=lost.product.code_for(value))


def sessions(lost: Lost) -> object:
    lost.get("/account/sessions")
    return lost.post("/account/sessions/revocation")


def recovery(lost: Lost) -> object:
    person = at_password(lost.product, lost.email)
    return person.submit("/recovery/password", password=NEW_PASSWORD)


@pytest.mark.parametrize("way", [password, contact, sessions, recovery])
def test_what_settles_the_account_drops_what_waits(lost: Lost, way: Any) -> None:
    """By the session of the sign-up, which has shown both kinds."""
    lost.confirm()
    lost.ask("phone", new_phone())
    lost.confirm("/account/password")
    assert (len(lost.waiting()), len(lost.requests())) == (1, 1)
    lost.get("/account")
    way(lost)
    left = "SELECT 1 FROM confirmation_requests r JOIN users u ON u.id = r.user_id"
    assert sql(lost.product, f"{left} WHERE u.phone = $1", lost.phone) == []
    assert lost.waiting() == []


def test_a_number_that_waited_and_came_drops_the_request(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", new_phone())
    lost.confirm("/account/password")
    lost.day_passes()
    assert lost.requests() == []


def test_requests_are_among_the_ten_changes_of_a_day(lost: Lost) -> None:
    changed = """INSERT INTO audit_events (event, user_id)
      SELECT 'account:confirmation_requested', id FROM users, generate_series(1, 10)
      WHERE email = $1"""
    sql(lost.product, changed, lost.email)
    page = lost.confirm("/account/password")
    assert (page.status, "as many changes" in page.alert) == (429, True)
    assert sql(lost.product, REQUESTS, lost.email) == []


def test_the_page_says_what_happens_when_and_who_is_told(lost: Lost) -> None:
    lost.browser.get(lost.browser.get("/account/password").location)
    page = lost.browser.get(HERE)
    assert "It takes 24 hours" in page.html
    assert "We text your phone and e-mail you" in page.html
    assert "can be stopped on your account page" in page.html


def test_the_page_of_deletion_leads_there_and_back(lost: Lost) -> None:
    page = lost.browser.get("/account/deletion")
    link = f"{HERE}&amp;return_to=/account/deletion"
    assert f'href="{link}"' in page.html
    assert "It takes 24 hours" in lost.browser.get(link.replace("&amp;", "&")).html
    assert HERE not in lost.by_phone().get("/account/deletion").html


def test_a_request_is_part_of_the_download(lost: Lost) -> None:
    lost.confirm("/account/password")
    confirm_by_code(lost.browser, lost.phone)
    [row] = json.loads(lost.browser.get("/account/data").html)["confirmation_requests"]
    assert row["due_at"] > row["asked_at"]
