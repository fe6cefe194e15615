"""Passwords: long enough, not too long, not the first that others would try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity.passwords import WeakPassword, accepted_password

PERSONAL = ("jane.doe@example.org", "+61491570006")
SHORT = "Use at least 12 characters; {} more to go."
LONG = "Use at most 256 characters."
OWN = "Leave your own e-mail address and phone number out of the password."
COMMON = (
    "That password is among the first that others would guess. Try a few unrelated words in a row."
)
ACCEPTED = [
    "correct horse battery",
    "a quiet door opens",
    "   spaces   around   ",
    "ünïcödé wörds häpp",
    "密码很长而且没有人会猜到的",
    "🦊🐙🦉🐝🦋🐌🐢🦎🐍🐲🐳🐬",
    "Tr0ub4dor&3 staples everything",
    "jane.doe@example.org likes long walks",
    "0491 570 006 is where I live",
    "kX9$vQ2!mZ7w",
    "q\x00w\x01e\x02r\x03t\x04y\x05z",
    "x7" + "fqzjvkwpxg" * 25 + "mq",
]
REFUSED = [
    ("", "Choose a password with at least 12 characters."),
    ("x", SHORT.format(11)),
    ("elevenchars", SHORT.format(1)),
    ("🦊" * 11, SHORT.format(1)),
    ("x" * 257, LONG),
    ("x" * 10_000, LONG),
    ("🦊" * 257, LONG),
    ("jane.doe@example.org", OWN),
    ("JANE.DOE@example.org1", OWN),
    ("61491570006!", OWN),
    ("+61491570006", OWN),
    ("jane.doe1234", OWN),
    ("0491 570 006", OWN),
    ("+61 491 570 006", OWN),
    ("password1234", COMMON),
    ("Password1234!", COMMON),
    ("qwertyuiop123", COMMON),
    ("123456789012", COMMON),
    ("aaaaaaaaaaaa", COMMON),
    ("            ", COMMON),
    ("abcabcabcabc", COMMON),
    ("latchkeylatchkey", COMMON),
    ("iloveyouiloveyou", COMMON),
]
OTHER_NUMBERS = [
    ("+12025550123", "202-555-0123"),
    ("+12025550123", "(202) 555-0123"),
    ("+12025550123", "1.202.555.0123"),
    ("+447912345678", "07912345678!"),
    ("+447912345678", "+44 (0)7912 345678"),
    ("+46701740605", "070-174 06 05 x"),
]


@pytest.mark.parametrize("raw", ACCEPTED, ids=ascii)
def test_a_good_password_is_taken_exactly_as_it_is(raw: str) -> None:
    assert accepted_password(raw, 12, PERSONAL) == raw


@pytest.mark.parametrize(("raw", "told"), REFUSED, ids=lambda text: ascii(text)[:25])
def test_a_bad_password_is_told_why(raw: str, told: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accepted_password(raw, 12, PERSONAL)
    assert (refused.value.message, refused.value.field) == (told, "password")


@pytest.mark.parametrize(("phone", "raw"), OTHER_NUMBERS)
def test_no_number_is_a_password_for_its_owner_however_it_is_written(phone: str, raw: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accepted_password(raw, 12, (PERSONAL[0], phone))
    assert refused.value.message == OWN


def accepted(raw: str) -> str | None:
    try:
        return accepted_password(raw, 12, PERSONAL)
    except WeakPassword:
        return None


@given(st.text(max_size=80) | st.text(alphabet="aA1 \x00é🦊\u0301\u202e", max_size=300))
def test_anything_typed_is_a_password_or_a_sentence(raw: str) -> None:
    assert accepted(raw) in (None, raw)
