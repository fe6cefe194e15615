"""What people are sent when a number or address was changed: a text that fits, a way to undo it."""

import re
from pathlib import Path

import pytest

from app.web.assets import Assets
from app.web.templates import Templates
from tests.test_messages import CONTEXT, septets, words

STATIC = Path(__file__).parents[1] / "static"
NOTICES = (
    "phone_changed_text", "email_changed_text", "email_added_text", "change_undone_text",
    "ways_in_changed_text",
    "undo_begun_text", "change_delayed_text", "change_delayed_by_mailbox_text",
    "change_stopped_text", "account_deleted_text",
)  # fmt: skip


@pytest.fixture(scope="module")
def renderer() -> Templates:
    return Templates(Assets(STATIC, live=False), live=False)


@pytest.mark.parametrize("name", NOTICES)
def test_a_text_that_tells_of_a_change_is_one_segment_without_a_link_or_digit(
    renderer: Templates, name: str
) -> None:
    body = renderer.render_text(name, CONTEXT)
    assert septets(body) <= 140
    assert "Latchkey" in body
    assert not re.search(r"[0-9]|://|www|\.[a-z]{2,3}\b", body)


@pytest.mark.parametrize("name", ["phone_changed", "email_changed"])
def test_an_email_that_tells_of_a_change_can_undo_it_for_a_week(
    renderer: Templates, name: str
) -> None:
    _, text, html = renderer.render_email(name, CONTEXT)
    assert CONTEXT["undo_link"] in text.splitlines()
    assert f'href="{CONTEXT["undo_link"]}"' in html
    for part in (text, words(html)):
        assert "within 7 days" in part


@pytest.mark.parametrize("name", ["phone_changed", "email_changed"])
def test_an_email_to_an_address_that_just_came_undoes_nothing(
    renderer: Templates, name: str
) -> None:
    _, text, html = renderer.render_email(name, CONTEXT | {"undo_link": ""})
    for part in (text, words(html)):
        assert "7 days" not in part
        assert "the link that undoes it is in our e-mail to the address" in part.replace("\n", " ")
    assert "href=" not in html
