"""Texts and letters: their exact words, as they leave."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from app.adapters.messages import TemplateStationery
from app.web.assets import Assets
from app.web.page import template_environment

STATIC = Path(__file__).parents[1] / "static"
# 3GPP TS 23.038: what one septet holds, as far as our words need it.
GSM7 = re.compile(r"[A-Za-z0-9 \n@#.,:;'()/+\-?!&%*=_]*")
CONTEXT: dict[str, object] = {
    "code": "012345",
    "minutes": 10,
    "host": "login.example.org",
    "base_url": "https://login.example.org",
    "when": "25 November 2026, 14:05 UTC",
}
LETTER = CONTEXT | {"code": "01234567", "minutes": 30}


@pytest.fixture(scope="module")
def stationery() -> TemplateStationery:
    return TemplateStationery(template_environment(Assets(STATIC, live=False), live=False))


def test_a_text_begins_with_the_code_and_ends_bound_to_the_host(
    stationery: TemplateStationery,
) -> None:
    text = stationery.text("phone_code", CONTEXT)
    first, *_, last = text.split("\n")
    assert first.startswith("012345 is your Latchkey code. It works for 10 minutes.")
    assert last == "@login.example.org #012345"
    assert text == text.strip()


def test_a_text_is_one_gsm7_segment_with_a_long_host(stationery: TemplateStationery) -> None:
    text = stationery.text("phone_code", CONTEXT | {"host": "a" * 28 + ".example.org"})
    assert GSM7.fullmatch(text)
    assert len(text) <= 140


def test_a_text_has_no_digits_but_code_and_minutes(stationery: TemplateStationery) -> None:
    body = stationery.text("phone_code", CONTEXT).rpartition("\n")[0]
    assert re.findall(r"[0-9]+", body) == ["012345", "10"]


def test_a_letter_has_its_code_first_and_alone_on_a_line(stationery: TemplateStationery) -> None:
    subject, text, html = stationery.letter("email_code", LETTER)
    assert subject.startswith("01234567 ")
    assert "\n" not in subject
    assert "01234567" in [line.strip() for line in text.splitlines()]
    assert "01234567" in html


def test_the_letter_for_a_known_address_has_no_code(stationery: TemplateStationery) -> None:
    subject, text, html = stationery.letter("email_taken", LETTER)
    assert "01234567" not in subject + text + html
    assert "https://login.example.org/login" in text


@pytest.mark.parametrize("template", ["email_code", "email_taken"])
def test_a_letter_is_small_and_loads_nothing(stationery: TemplateStationery, template: str) -> None:
    html = stationery.letter(template, LETTER)[2]
    assert len(html.encode()) <= 20 * 1024
    assert not re.search(r"<img|<link|<script|url\(", html)


def test_a_missing_fact_is_an_error(stationery: TemplateStationery) -> None:
    with pytest.raises(UndefinedError):
        stationery.text("phone_code", {"code": "012345"})
