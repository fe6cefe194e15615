"""The gallery of a developer's machine, over HTTP."""

import re
from html import unescape
from typing import Any

import pytest

from app.dev.examples import list_examples
from tests.person import Person, new_email, new_phone
from tests.product import Product

PHONE = "/dev/gallery/show?template=signup/phone.html"
LETTER = "/dev/gallery/mail?template=messages/new_device"


@pytest.fixture(scope="module")
def person(product: Product) -> Person:
    return Person(product)


@pytest.fixture(scope="module")
def listed(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = person.get(
        "/dev/gallery.json?language=en-XA&scheme=dark"
    ).response.json()
    return found


def policy(person: Person, path: str) -> str:
    return person.get(path).response.headers["content-security-policy"]


def test_the_gallery_names_each_example_by_a_link(person: Person) -> None:
    shown = unescape(person.get("/dev/gallery?scheme=dark").html)
    links = re.findall(r'href="/dev/gallery\?(template=[^"]*)"', shown)
    assert len(links) == len(list_examples())
    assert all("scheme=dark" in link for link in links)


def test_its_list_has_an_address_of_each_example(person: Person, listed: dict[str, Any]) -> None:
    assert {"en", "en-XA", "ar-XB"} <= {*listed["languages"]}
    assert len(listed["examples"]) == len(list_examples())
    by_kind = {each["kind"]: each["address"] for each in listed["examples"]}
    assert {*by_kind} == {"page", "fragment", "mail", "text"}
    del by_kind["text"]  # which is no page
    for address in by_kind.values():
        assert person.get(address).status == 200


@pytest.mark.parametrize("template", ["signup/phone.html", "messages/new_device", "_code.html"])
def test_an_example_has_its_frame_its_file_and_its_inputs(person: Person, template: str) -> None:
    shown = person.get(f"/dev/gallery?template={template}&scripts=off&width=320").html
    frame = re.search(r"<iframe[^>]*>", shown)
    assert frame
    assert ' width="320"' in frame[0]
    assert "allow-scripts" not in frame[0]
    assert f"partials/{template}" in shown


def test_what_a_template_says_of_its_inputs_is_shown(person: Person) -> None:
    shown = person.get("/dev/gallery?template=signup/done.html").html
    assert "<code>existing</code>: the number had an account" in shown


def test_a_text_is_shown_with_its_segments(person: Person) -> None:
    shown = person.get("/dev/gallery?template=messages/phone_code.txt&language=en").html
    assert re.search(r"\d+ characters in GSM-7: 1 segment\.", shown)
    notice = "messages/account_deleted_text.txt"
    longer = person.get(f"/dev/gallery?template={notice}&language=en-XA").html
    assert "UCS-2" in longer


def test_an_example_is_shown_in_a_frame_of_ours_and_asks_for_nothing(person: Person) -> None:
    shown = policy(person, PHONE)
    assert "frame-ancestors 'self'" in shown
    assert "connect-src 'none'" in shown
    assert "script-src 'self'" in shown
    assert "frame-src 'self'" in policy(person, "/dev/gallery")
    assert "frame-ancestors 'none'" in policy(person, "/dev/gallery")
    assert "script-src" not in policy(person, LETTER)
    assert "frame-ancestors 'none'" in policy(person, "/signup/phone")


def test_language_and_direction_are_as_asked_for(person: Person) -> None:
    assert '<html lang="ar-XB" dir="rtl">' in person.get(f"{PHONE}&language=ar-XB").html
    assert '<html lang="en" dir="rtl">' in person.get(f"{PHONE}&direction=rtl").html
    letter = person.get(f"{LETTER}&language=ar-XB").html
    assert '<html lang="ar-XB" dir="rtl">' in letter
    assert "3. Mai 2026" in person.get(f"{LETTER}&language=de").html


def test_a_scheme_is_forced_in_pages_styles_and_mails(person: Person) -> None:
    page = person.get(f"{PHONE}&scheme=dark&text=200").html
    assert '<meta name="color-scheme" content="dark">' in page
    [sheet] = re.findall(r'<link rel="stylesheet" href="([^"]*)"', page)
    style = person.get(unescape(sheet)).html
    assert "prefers-color-scheme" not in style
    assert "color-scheme:dark" in style
    assert style.endswith("html{font-size:200%}")
    assert "prefers-color-scheme" not in person.get(f"{LETTER}&scheme=light").html


def test_only_style_sheets_are_given_out_as_such(person: Person) -> None:
    for other in ("/account", "//elsewhere.example/x.css", "/static/000000000000/nothing.css", ""):
        assert person.get(f"/dev/gallery/style?sheet={other}&scheme=dark").status == 404


def test_links_lead_to_the_examples_of_where_they_lead(person: Person) -> None:
    shown = unescape(person.get(f"{PHONE}&language=de&state=changed").html)
    assert 'href="/dev/gallery/show?template=signup/phone_code.html&language=de&' in shown


@pytest.mark.parametrize(
    "wrong", ["template=nothing.html", "template=../x", "template=dev/outbox.html", ""]
)
def test_there_is_no_example_of_what_is_none(person: Person, wrong: str) -> None:
    assert person.get(f"/dev/gallery/show?{wrong}").status == 404


def test_a_proxy_is_shown_nothing(person: Person) -> None:
    for path in ("/dev/gallery", "/dev/gallery.json", PHONE, LETTER, "/dev/reload.js"):
        assert person.get(path, **{"x-forwarded-for": "203.0.113.1"}).status == 404


def test_the_outbox_shows_a_mail_and_leads_to_where_its_code_goes(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    product.code_for(email)
    shown = person.get("/dev/outbox").html
    assert '<a href="/signup/email-code">' in shown
    assert '<a href="/signup/phone-code">' in shown
    [letter] = re.findall(r'src="(/dev/outbox/mail/[^"]*)"', shown)[:1]
    mail = person.get(letter)
    assert product.code_for(email) in mail.html
    assert "script-src" not in mail.response.headers["content-security-policy"]
    assert person.get("/dev/outbox/mail/nothing").status == 404


def test_a_long_outbox_has_pages(product: Product) -> None:
    person = Person(product)
    for _ in range(21):
        Person(product).give_phone(phone := new_phone())
        product.code_for(phone)
    first, second = person.get("/dev/outbox").html, person.get("/dev/outbox?page=2").html
    assert first.count("<article") == 20
    assert 'href="/dev/outbox?page=2"' in first
    assert 'href="/dev/outbox?page=1"' in second
    assert not {*re.findall(r"\+\d{9,}", first)} & {*re.findall(r"\+\d{9,}", second)}
