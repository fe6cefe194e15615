"""Codes: uniform, bound to what they prove, read from whatever is pasted."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.verification.codes import (
    BadCode,
    OtherSitesCode,
    derive_code,
    is_code_of,
    parse_code,
)

OLD, NEW = b"o" * 32, b"n" * 32
NONCE, PURPOSE, PHONE = b"0123456789abcdef", "signup", "+61491570006"
HOST = "login.example.org"
TEXT = (
    "123456 is your Latchkey code. It works for 10 minutes.\nDo not share it.\n\n"
    "@login.example.org #123456"
)
READ = [
    "123456",
    " 123456\n",
    "123 456",
    "12-34-56",
    "123_456",
    "_123456_",
    "12345\u200b6",
    "\u200b123\u00ad456\u2060",
    "\ufeff123 456",
    "123\u2013456",
    "123.456",
    "#123456",
    "１２３４５６",
    "١٢٣٤٥٦",
    "Code: 123456",
    "123456 is your code",
    "G-123456",
    TEXT,
    TEXT.upper(),
    TEXT + "\n",
    "@login.example.org #123456",
    "On 22 November 2026: 123456, from 5 to 10",
]
REFUSED = [
    ("", "Enter the 6-digit code from the message."),
    (" \n ", "Enter the 6-digit code from the message."),
    ("12345", "The code has 6 digits; that was only 5. Check it."),
    ("1234567", "The code has 6 digits; that was 7. Check it."),
    ("123456789012", "The code has 6 digits; that was 12. Check it."),
    ("code", "We couldn’t find a 6-digit code in that."),
    ("1234a6", "We couldn’t find a 6-digit code in that."),
    ("12345\x006", "We couldn’t find a 6-digit code in that."),
    ("-1234567", "The code has 6 digits; that was 7. Check it."),
    ("1" * 10_000, "Enter only the 6-digit code."),
    ("x" * 501, "Enter only the 6-digit code."),
]
OTHER_SITES = [
    "@evil.example #123456",
    "Your code is 123456\n\n@evil.example #123456",
    "123456\n@login.example.org.evil.example #123456",
    "123456\n@evil-login.example.org #123456 ",
    "123456\n@EVIL.example #123456",
]


# With the letter O for 0, as people read a code out and others write it down.
SPELLED = ["1O2030", "1o2030", "10 2O3O", "1\u041e2030", "Code: 1O2030", "1O2030 is your code"]
NOT_SPELLED = ["OOOOOO", "oooooo", "wO2030", "1O2030O"]


def test_a_code_is_uniform_and_keeps_its_zeros() -> None:
    codes = [derive_code(NEW, b"%d" % n, PURPOSE, PHONE, 6) for n in range(20_000)]
    assert all(re.fullmatch("[0-9]{6}", code) for code in codes)
    for place in range(6):
        counted = Counter(code[place] for code in codes)
        # Five standard deviations of 20,000 throws of a die with ten sides.
        assert all(1788 < counted[digit] < 2212 for digit in "0123456789")
    assert len(set(codes)) > 19_600


@pytest.mark.parametrize("digits", [6, 8])
def test_a_code_proves_one_key_nonce_purpose_and_destination(digits: int) -> None:
    code = derive_code(NEW, NONCE, PURPOSE, PHONE, digits)
    assert is_code_of(code, (NEW,), NONCE, PURPOSE, PHONE)
    assert not is_code_of(code, (OLD,), NONCE, PURPOSE, PHONE)
    assert not is_code_of(code, (NEW,), b"another", PURPOSE, PHONE)
    assert not is_code_of(code, (NEW,), NONCE, "login", PHONE)
    assert not is_code_of(code, (NEW,), NONCE, PURPOSE, "+61491570007")


def test_a_code_of_a_retired_key_is_still_right() -> None:
    code = derive_code(OLD, NONCE, PURPOSE, PHONE, 6)
    assert is_code_of(code, (NEW, OLD), NONCE, PURPOSE, PHONE)
    assert derive_code(NEW, NONCE, PURPOSE, PHONE, 6) != code


@pytest.mark.parametrize("typed", READ, ids=lambda text: ascii(text)[:25])
def test_a_code_is_found_in_what_is_pasted(typed: str) -> None:
    assert parse_code(typed, 6, HOST) == "123456"


@pytest.mark.parametrize("typed", SPELLED, ids=ascii)
def test_the_letter_o_is_read_as_zero(typed: str) -> None:
    assert parse_code(typed, 6, HOST) == "102030"


@pytest.mark.parametrize("typed", NOT_SPELLED)
def test_a_word_is_no_code(typed: str) -> None:
    with pytest.raises(BadCode):
        parse_code(typed, 6, HOST)


@pytest.mark.parametrize(("typed", "told"), REFUSED, ids=lambda text: ascii(text)[:25])
def test_what_is_no_code_is_told_why(typed: str, told: str) -> None:
    with pytest.raises(BadCode) as refused:
        parse_code(typed, 6, HOST)
    assert (str(refused.value.message), refused.value.field) == (told, "code")


@pytest.mark.parametrize("typed", OTHER_SITES)
def test_a_code_bound_to_another_site_is_refused(typed: str) -> None:
    with pytest.raises(OtherSitesCode) as refused:
        parse_code(typed, 6, HOST)
    assert str(refused.value.message) == "That code is for another site. Don’t enter it here."


def test_a_mailed_code_has_eight_digits() -> None:
    assert parse_code("12345678", 8, HOST) == "12345678"
    with pytest.raises(BadCode, match="bad_code"):
        parse_code("123456", 8, HOST)


def parsed(typed: str) -> str | None:
    """The code, or None for a refusal with a sentence; nothing else may be raised."""
    try:
        return parse_code(typed, 6, HOST)
    except BadCode as refused:
        return None if str(refused.message).endswith(".") else ""


codeish = st.text(alphabet="0123456789 -#@.\n\x00１٣abc\u200b", max_size=600)


@given(st.text(max_size=100) | codeish)
def test_anything_typed_is_one_guess_or_a_sentence(typed: str) -> None:
    code = parsed(typed)
    assert code is None or re.fullmatch("[0-9]{6}", code)
