"""Whoever has lost the phone: the password and a code by mail, and a day in which it can be
stopped by whoever has not lost it.
"""

import re
from typing import Any

import pytest

from tests.crowd import sql, wrong
from tests.holder import PASSWORD, Holder, confirm_by_code, message
from tests.lost import HERE, STOP, Lost, stop, stop_path, tomorrow
from tests.owner import contacts, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password


@pytest.fixture
def lost(product: Product) -> Lost:
    return Lost(product)


def test_the_page_of_the_ways_leads_there_and_back_to_what_was_wanted(lost: Lost) -> None:
    page = lost.browser.get(lost.browser.get("/account/phone").location)
    assert f'href="{HERE}"' in page.html
    page = lost.confirm()
    assert (page.path, "waits for 24 hours" in page.html) == ("/account/phone", True)


@pytest.mark.parametrize(("kind", "new"), [("phone", new_phone), ("email", new_email)])
def test_a_change_waits_for_a_day_and_then_happens(lost: Lost, kind: str, new: Any) -> None:
    lost.confirm()
    page = lost.ask(kind, value := new())
    assert (page.path, "You can stop it here until then." in page.html) == ("/account", True)
    assert contacts(lost.product, value) == [], "not yet"
    [row] = lost.waiting()
    assert (row["kind"], row["value"], row["wait"].total_seconds()) == (
        kind, value, pytest.approx(86_400, abs=1)
    )  # fmt: skip
    lost.day_passes()
    [now] = contacts(lost.product, value)
    assert now == ((value, lost.email) if kind == "phone" else (lost.phone, value))
    assert undo_path(lost.product, lost.email), "told as of any change"


def test_both_contacts_are_told_at_once(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", new_phone())
    assert "without your phone" in lost.told(f"will be changed on {tomorrow()}").body
    assert message(lost.product, lost.phone, "without this phone")


def test_it_can_be_stopped_by_whoever_signs_in_with_the_password(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", value := new_phone())
    owner = lost.elsewhere()
    page = owner.get("/account")
    assert re.search('Your number will change <time [^>]+ data-on="on {}">in 24 hours<', page.html)
    stopped = owner.get(owner.post(STOP + stop_path(page)).location)
    assert "Change cancelled." in stopped.html
    assert (lost.waiting(), contacts(lost.product, value)) == ([], [])


def test_whoever_found_the_phone_does_not_stop_it(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", new_phone())
    finder = lost.by_phone()
    refused = stop(finder)
    assert refused.location.startswith("/account/confirm?")
    assert len(lost.waiting()) == 1
    assert confirm_by_code(finder, lost.email).status == 200
    stop(finder)
    assert lost.waiting() == [], "whose mailbox it is too"


def test_nobody_stops_someone_elses(lost: Lost) -> None:
    lost.confirm()
    page = lost.ask("phone", new_phone())
    stranger = Holder(lost.product)
    stranger.get("/account")
    stranger.post(STOP + stop_path(page))
    assert len(lost.waiting()) == 1


@pytest.mark.parametrize("path", ["/account/data", "/account/password"])
def test_a_proof_for_a_contact_is_none_for_anything_else(lost: Lost, path: str) -> None:
    lost.confirm()
    assert lost.browser.get(path).location == f"/account/confirm?return_to={path}"
    lost.browser.get("/account")
    refused = lost.browser.post("/account/deletion")
    assert refused.location == "/account/confirm?return_to=/account/deletion"
    assert lost.browser.post("/auth0/start?for=link").location.startswith("/account/confirm?")


def test_the_mailbox_alone_is_not_enough(lost: Lost) -> None:
    refused = lost.browser.submit(HERE, password="not the right one")
    assert (refused.status, 'name="code"' in refused.html) == (422, False)
    refused = lost.browser.submit(HERE, code="12345678")
    assert (refused.status, "no longer works" in refused.alert) == (422, True)
    assert lost.browser.get("/account/phone").status == 303


def test_a_wrong_code_stays_and_says_so(lost: Lost) -> None:
    had = len(lost.product.codes_for(lost.email))
    lost.browser.submit(HERE, password=PASSWORD)
    right = lost.product.code_for(lost.email, had)
    refused = lost.browser.submit(HERE, code=wrong(right))
    assert (refused.status, "isn’t the code we sent" in refused.alert) == (422, True)
    assert lost.browser.get("/account/phone").status == 303
    line = lost.browser.get("/account/confirm/without-phone/delivery", **{"hx-request": "true"})
    assert "e-mail" in line.html
    lost.browser.get(HERE)
    assert lost.browser.post("/account/confirm/without-phone/resend").status == 303


@pytest.mark.parametrize("way", ["by_phone", "sign_up"])
def test_who_need_not_do_without_is_led_to_their_ways(lost: Lost, way: str) -> None:
    person: Person = lost.by_phone() if way == "by_phone" else lost
    assert person.get(HERE).location == "/account/confirm"
    person.get("/account")
    person.post(HERE, password=PASSWORD)
    assert lost.product.codes_for(lost.email) == lost.product.codes_for(lost.email)[-1:]


def test_a_proof_by_the_phone_after_all_waits_for_nothing(lost: Lost) -> None:
    lost.confirm()
    assert confirm_by_code(lost.browser, lost.phone).path == "/account"
    page = lost.ask("phone", value := new_phone())
    assert "Number changed." in page.html
    assert contacts(lost.product, value) == [(value, lost.email)]


def test_it_is_still_delayed_when_the_code_comes_late(lost: Lost) -> None:
    """And asking for another code makes no change of now of it."""
    lost.confirm()
    lost.browser.submit("/account/phone", phone=(value := new_phone()))
    sql(lost.product, "UPDATE sessions SET without_phone_at = without_phone_at - interval '11 min'")
    lost.browser.submit(HERE, password=PASSWORD)
    lost.browser.submit("/account/phone-code", code=lost.product.code_for(value))
    assert (len(lost.waiting()), contacts(lost.product, value)) == (1, [])
    assert lost.browser.get("/account/phone").status == 303, "ten minutes are over"


def test_a_recovery_drops_what_waits(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", new_phone())
    recovering = at_password(lost.product, lost.email)
    recovering.submit("/recovery/password", password=NEW_PASSWORD)
    assert lost.waiting() == []


def test_a_value_that_is_someone_elses_by_then_is_left_alone(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", value := new_phone())
    other = Person(lost.product)
    other.sign_up(value, email := new_email())
    lost.day_passes()
    assert contacts(lost.product, value) == [(value, email)]
    assert contacts(lost.product, lost.phone) == [(lost.phone, lost.email)]


def test_what_waits_is_part_of_the_download(lost: Lost) -> None:
    lost.confirm()
    lost.ask("phone", value := new_phone())
    confirm_by_code(lost.browser, lost.phone)
    [row] = lost.browser.get("/account/data").response.json()["delayed_changes"]
    assert (row["kind"], row["value"]) == ("phone", value)
