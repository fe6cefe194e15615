"""E-mail addresses: one mailbox, one canonical form; and a question where a slip is likely."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity.email_address import BadEmail, EmailAddress, LikelyTypo

# What the table's own check demands, and nothing that could end a header line.
CANONICAL = re.compile(r"[!-?A-`{-~]*[!-~]+@[a-z0-9.-]+")
WRITTEN = [
    ("name@example.org", "name@example.org"),
    ("  name@example.org\n", "name@example.org"),
    ("Name.Surname+tag@EXAMPLE.org", "name.surname+tag@example.org"),
    ("o'brien@example.org", "o'brien@example.org"),
    ("name@müller.example.org", "name@xn--mller-kva.example.org"),
    ("name@ＥＸＡＭＰＬＥ.org", "name@example.org"),
    ("name@xn--mller-kva.example.org", "name@xn--mller-kva.example.org"),
    ("a@b.co", "a@b.co"),
    ("name\uff20example.org", "name@example.org"),
    ("ｎａｍｅ＠ｅｘａｍｐｌｅ．ｏｒｇ", "name@example.org"),
    ("name@example\u3002org", "name@example.org"),
    ("\u200bname@example.org", "name@example.org"),
    ("\ufeff name@example.org\u200e", "name@example.org"),
    (" \u200b\u00a0name@example.org\u2060 ", "name@example.org"),
]
REFUSED = [
    "",
    "   ",
    "name",
    "name@",
    "@example.org",
    "name@@example.org",
    "name@example",
    "name@localhost",
    "name@127.0.0.1",
    "name@[127.0.0.1]",
    "name@example..org",
    ".name@example.org",
    "na me@example.org",
    "name@exa mple.org",
    "name@example.org\r\nBcc: all@example.org",
    "name@example.org\x00",
    "name\u200b@example.org",
    "na\u0430me@example.org",
    "\u202ename@example.org",
    '"name"@example.org',
    '"a@b"@example.org',
    "name@example.org,other@example.org",
    "Name <name@example.org>",
    "mailto:name@example.org?cc=x@example.org",
    "<script>@example.org",
    f"{'x' * 65}@example.org",
    f"name@{'x' * 64}.org",
    f"{'x' * 250}@example.org",
    "x" * 10_000,
    f"{'@' * 10_000}",
    f"name@{'é' * 60}.{'é' * 60}.{'é' * 60}.org",
]


@pytest.mark.parametrize(("typed", "value"), WRITTEN)
def test_one_mailbox_has_one_form(typed: str, value: str) -> None:
    assert EmailAddress.parse(typed).value == value


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("name.surname+tag@example.org", "name.surname@example.org"),
        ("n.a.m.e@gmail.com", "name@gmail.com"),
        ("n.ame+tag.x@googlemail.com", "name@gmail.com"),
        ("name@mail.gmail.com", "name@mail.gmail.com"),
        ("n.ame@example.org", "n.ame@example.org"),
    ],
)
def test_all_spellings_of_a_mailbox_are_one(address: str, mailbox: str) -> None:
    """Dots mean something everywhere but at Gmail. The address itself stays as it is."""
    assert EmailAddress.parse(address).mailbox == mailbox
    assert EmailAddress.parse(address).value == address


@pytest.mark.parametrize("typed", REFUSED, ids=lambda text: ascii(text)[:25])
def test_what_is_no_address_is_told_why(typed: str) -> None:
    with pytest.raises(BadEmail) as refused:
        EmailAddress.parse(typed)
    assert refused.value.field == "email"
    assert str(refused.value.message).endswith(".")


@pytest.mark.parametrize(
    ("domain", "own"),
    [
        ("example.org", "example.org"),
        ("mail.lists.example.org", "example.org"),
        ("mail.example.co.uk", "example.co.uk"),
        ("a.me.uk", "a.me.uk"),
        ("mail.b.me.uk", "b.me.uk"),
        ("example.ltd.uk", "example.ltd.uk"),
        ("example.go.jp", "example.go.jp"),
        ("example.gv.at", "example.gv.at"),
        ("example.asso.fr", "example.asso.fr"),
        ("mail.me.de", "me.de"),
        ("gmail.com", ""),
    ],
)
def test_a_domain_of_ones_own_is_told_from_those_where_others_have_theirs(
    domain: str, own: str
) -> None:
    assert EmailAddress.parse(f"name@{domain}").own_domain == own


@pytest.mark.parametrize("typed", ["na\u200bme@example.org", "\u202ename@example.org"], ids=ascii)
def test_what_cannot_be_seen_is_told(typed: str) -> None:
    with pytest.raises(BadEmail) as refused:
        EmailAddress.parse(typed)
    assert str(refused.value.message) == (
        "There’s a hidden character in that address. Type it yourself."
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("name@gmial.com", "name@gmail.com"),
        ("name@gmail.co", "name@gmail.com"),
        ("name@gmaill.com", "name@gmail.com"),
        ("name@hotmal.com", "name@hotmail.com"),
        ("name@yaho.co.uk", "name@yahoo.co.uk"),
    ],
)
def test_a_likely_slip_is_asked_about_and_may_be_meant(typed: str, meant: str) -> None:
    with pytest.raises(LikelyTypo) as asked:
        EmailAddress.parse(typed)
    assert asked.value.suggestion == meant
    assert str(asked.value.message) == f"Did you mean {meant}?"
    assert EmailAddress.parse(typed, as_typed=True).value == typed


@pytest.mark.parametrize("domain", ["gmail.com", "googlemail.com", "live.com", "example.org"])
def test_a_popular_domain_and_a_different_one_are_not_asked_about(domain: str) -> None:
    assert EmailAddress.parse(f"name@{domain}").value == f"name@{domain}"


def parsed(typed: str, as_typed: bool) -> EmailAddress | str:
    """The address, or the sentence of a refusal; nothing else may be raised."""
    try:
        return EmailAddress.parse(typed, as_typed=as_typed)
    except BadEmail as refused:
        return str(refused.message)


addressish = st.text(alphabet="aZ0.+-_@\"'<> \\\r\n\x00é\u200b%", max_size=40)


@given(st.text(max_size=80) | addressish | st.emails(), st.booleans())
def test_anything_typed_is_an_address_or_a_sentence(typed: str, as_typed: bool) -> None:
    address = parsed(typed, as_typed)
    if isinstance(address, str):
        assert address.endswith((".", "?"))
        return
    assert CANONICAL.fullmatch(address.value)
    assert address.value == address.value.lower()
    assert len(address.value) <= 254
    assert EmailAddress.parse(address.value, as_typed=True) == address
