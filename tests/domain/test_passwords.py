"""Passwords: long enough, not too long, not the first that others would try."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity.passwords import WeakPassword, refuse_guessable, refuse_malformed

PERSONAL = ("jane.doe@example.org", "+61491570006")
SHORT = "Use at least 12 characters; {} more to go."
LONG = "Use at most 256 characters."
OWN = "Leave your own e-mail address and phone number out of the password."
COMMON = "That password is too easy to guess. Try four or five random words."
ACCEPTED = [
    "seven otters paint slowly",
    "a quiet door opens",
    "   spaces   all   around   me",
    "ünïcödé wörds häpp",
    "密码很长而且没有人会猜到的",
    "🦊🐙🦉🐝🦋🐌🐢🦎🐍🐲🐳🐬",
    "Tr0ub4dor&3 staples everything",
    "jane.doe@example.org likes long walks",
    "0491 570 006 is where I live",
    "kX9$vQ2!mZ7w",
    "q\x00w\x01e\x02r\x03t\x04y\x05z",
    "x7" + "fqzjvkwpxg" * 25 + "mq",
    "Größe-überquert-Café-9",
    "quiet river lamp",
    "blue house cat 9",
    "tulip-anchor-37",
    "hunwuw-gyxgiB-3betxy",
    "x7K!m2Qz9@Lw",
    "we met in Lisbon on a Tuesday",
    "summer rain in 2026 paris",
    "ich mag grüne Äpfel",
    "organ donors example",
    "gold-org-plum-com",
    "banana boat banana split",
    "jane marched to market",
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
# Known from break-ins, or one twist away from what is; the kinds that crackers try by rule.
KNOWN = [
    *("Summer2026!!", "Winter2025!!", "Autumn2024!!", "Monday2026!!!", "$ummer2026!!!"),
    *("2026Summer!!!", "Sommer2025!!!", "Printemps2026!", "correcthorsebatterystaple"),
    *("correct-horse-battery-staple", "thisismypassword", "India@123456", "Pakistan@786786"),
    *("Welcome2025!!!", "Password123456!", "Passw0rd!Passw0rd!", "P@ssw0rd2024!!"),
    *("iloveyouforever", "letmeinplease", "supersecretpassword", "ChangeMe12345!"),
    *("Latchkey2026!", "MyLatchkey2026!", "trustno1trustno1", "abcd1234abcd1234"),
    *("ManchesterUnited1", "Liverpool2024!", "Jennifer1985!!", "helloworld2026", "Admin@123456"),
    *("qwerty123456!!", "1qaz2wsx3edc", "zaq12wsxcde3", "asdfghjkl;123", "!@#$%^&*()12"),
    *("Qwertz123456!", "azertyuiop12"),
]
KNOWN += ["correct horse battery staple", "this is my password", "password password password"]
KNOWN += [
    "may the force be with you",
    "to be or not to be",
    "lord-of-the-rings",
    "Lord of the Rings 7",
]
KNOWN += ["stairway to heaven", "the quick brown fox", "correct horse battery", "game_of_thrones"]
# One word twice, in any language; the rows of other keyboards; columns with shift; months.
KNOWN += ["Enero2026enero", "kesä2026kesä", "Лето2026лето", "лето2026лето!", "Otoño.2026.otoño"]
KNOWN += ["Septiembre2026septiembre", "Septembre2026octobre", "loremipsumdolor"]
KNOWN += ["Miércoles2026!!Miércoles", "WiosnaWiosna2026!", "йцукенгшщзхъ", "фывапролджэ1"]
KNOWN += ["йцукенфывапр", "1й2ц3у4к5е6н", "й1ц2у3к4е5н6", "!qaz@wsx#edc$rfv", "JanFebMarApr"]
KNOWN += ["Jan-Feb-Mar-Apr-26", "QazWsxEdc!@#$", "1qaz!QAZ2wsx@WSX"]
# In parts, or more than once.
OWN_PARTS = [
    ("jane.doe1985@example.org", "JaneDoe1985JaneDoe"),
    ("jane.doe1985@example.org", "jane doe is 1985"),
    ("jane.doe1985@example.org", "1985, Jane, Doe!"),
    ("jane.doe@example.org", "exampleorg2026!"),
    ("jane.doe@example.org", "example.org 2026"),
    ("jane.doe@mail.big-bakery.co.uk", "Big-Bakery2026!"),
    ("jane.doe@mail.big-bakery.co.uk", "JaneAtBigBakery"),
    ("+61400010000", "400010000400010000"),
]
OTHER_NUMBERS = [
    ("+12025550123", "202-555-0123"),
    ("+12025550123", "(202) 555-0123"),
    ("+12025550123", "1.202.555.0123"),
    ("+447912345678", "07912345678!"),
    ("+447912345678", "+44 (0)7912 345678"),
    ("+46701740605", "070-174 06 05 x"),
]


def accept(raw: str, personal: tuple[str, ...] = PERSONAL) -> None:
    refuse_malformed(raw, 12, personal)
    refuse_guessable(raw, personal)


@pytest.mark.parametrize("raw", ACCEPTED, ids=ascii)
def test_a_good_password_is_taken(raw: str) -> None:
    accept(raw)


@pytest.mark.parametrize("raw", KNOWN, ids=ascii)
def test_what_others_try_first_is_refused(raw: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accept(raw)
    assert str(refused.value.message) == COMMON


@pytest.mark.parametrize(("raw", "told"), REFUSED, ids=lambda text: ascii(text)[:25])
def test_a_bad_password_is_told_why(raw: str, told: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accept(raw)
    assert (str(refused.value.message), refused.value.field) == (told, "password")


@pytest.mark.parametrize(("phone", "raw"), OTHER_NUMBERS)
def test_no_number_is_a_password_for_its_owner_however_it_is_written(phone: str, raw: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accept(raw, (PERSONAL[0], phone))
    assert str(refused.value.message) == OWN


@pytest.mark.parametrize(("contact", "raw"), OWN_PARTS)
def test_parts_of_a_contact_are_no_password_for_its_owner(contact: str, raw: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        accept(raw, (contact,))
    assert str(refused.value.message) == OWN
    accept(f"{raw} and a quiet door", (contact,))


@given(st.text(max_size=80) | st.text(alphabet="aA1 \x00é🦊\u0301\u202e", max_size=300))
def test_anything_typed_is_a_password_or_a_sentence(raw: str) -> None:
    with suppress(WeakPassword):
        accept(raw)


def test_the_name_of_the_site_is_as_obvious_as_ours() -> None:
    for raw in ("Tief Kelp Orbit2026!", "My tief kelp orbit 2026!"):
        refuse_guessable(raw, ())
        with pytest.raises(WeakPassword):
            refuse_guessable(raw, (), "Tief Kelp Orbit")
