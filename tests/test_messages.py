"""What people are sent, to the byte: a text that phones read, a mail that reads anywhere."""

import re
from html import unescape
from pathlib import Path

import pytest

from app.dev.message_examples import UNDO, message_values
from app.domain.i18n import BREAKING_HYPHEN, HARD_HYPHEN, reading
from app.domain.languages import Languages
from app.web.assets import Assets
from app.web.templates import Templates
from tests.handset import bound_code, septets
from tests.person import Person, new_email, new_phone
from tests.product import Product

ROOT = Path(__file__).parents[1]
PARTIALS = ROOT / "src/app/partials"
MESSAGES = PARTIALS / "messages"
MAILS = sorted(path.name.removesuffix(".subject.txt") for path in MESSAGES.glob("*.subject.txt"))
CODES = ("email_code", "email_change_code", "recovery_code", "confirm_code", "login_code")
# Where a letter may lead; it names the place in words too.
LINKS = {
    "email_taken": {"/login"},
    "recovery_unknown": {"/signup"},
    "password_reset": {"/recovery/email"},
    "phone_changed": {UNDO},
    "email_changed": {UNDO},
    "undo_begun": {"/account"},
    "change_undone": {"/recovery/email"},
    "account_deleted": {"/"},
    "guesses_held": {"/login"},
    "identity_linked": {"/account/identities"},
    "identity_removed": {"/recovery/email"},
    "change_delayed": {"/account"},
    "change_stopped": {"/recovery/email"},
    "confirmation_requested": {"/account"},
    "new_device": {"/account/sessions"},
    "new_devices": {"/account/sessions"},
    "password_added": {"/recovery/email"},
    "phone_added": {"/recovery/email"},
    "phone_released": {"/account/phone"},
    "password_changed": {"/recovery/email"},
    "texts_budget": {"/health"},
    "session_replayed": {"/account/sessions"},
}

CONTEXT = message_values()
LINK_AGAIN = "Or open this page:"  # below a button, which a text has none of


@pytest.fixture(scope="module")
def renderer() -> Templates:
    return Templates(Assets(ROOT / "static", live=False), live=False)


@pytest.fixture(scope="module")
def texted(product: Product) -> tuple[str, str]:
    """The code and the body of a text that the product sent."""
    phone = new_phone()
    Person(product).give_phone(phone)
    code = product.code_for(phone)
    return code, product.messages(phone)[0].body


def words(html: str) -> str:
    """With plain hyphens."""
    body = html.partition("<body")[2].replace(HARD_HYPHEN, "-")
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_text_that_goes_out_is_this_to_the_byte(texted: tuple[str, str]) -> None:
    code, body = texted
    assert re.fullmatch("[0-9]{6}", code)
    assert (
        body.encode()
        == (
            f"{code} is your Latchkey code. It works for 10 minutes.\n"
            "Do not share it.\n"
            "\n"
            f"@127.0.0.1 #{code}"
        ).encode()
    )


def test_a_browser_finds_host_and_code_in_the_last_line(texted: tuple[str, str]) -> None:
    code, body = texted
    assert bound_code(body) == ("127.0.0.1", code)
    assert bound_code(body + "\n") is None


def test_the_text_is_one_segment_also_with_a_long_host(renderer: Templates) -> None:
    body = renderer.render_text("phone_code", CONTEXT)
    assert len(CONTEXT["host"]) == 40
    assert septets(body) <= 160
    assert bound_code(body) == (CONTEXT["host"], "012345")


def test_septets_are_counted_as_phones_count_them() -> None:
    assert septets("a€b") == 4
    with pytest.raises(AssertionError, match="’"):
        septets("a’b")


def test_no_digits_stand_before_the_last_line_but_code_and_minutes(
    renderer: Templates,
) -> None:
    before = renderer.render_text("phone_code", CONTEXT).rpartition("\n")[0]
    assert re.findall("[0-9]+", before) == ["012345", "10"]
    assert "://" not in before


def test_a_notice_by_text_is_one_segment_without_link_or_digits(
    renderer: Templates,
) -> None:
    body = renderer.render_text("password_reset_text", CONTEXT)
    assert septets(body) <= 160
    assert re.findall(r"[0-9]|://|@|\.[a-z]", body) == []


def test_one_minute_is_not_minutes(renderer: Templates) -> None:
    last = CONTEXT | {"minutes": 1}
    letters = [renderer.render_email(name, last)[1:] for name in CODES]
    parts = [part for text, html in letters for part in (text, words(html))]
    for said in (renderer.render_text("phone_code", last), *parts):
        assert "1 minute" in said
        assert "1 minutes" not in said


def test_the_email_has_the_code_first_and_alone_on_a_line(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    code = product.code_for(email)
    letter = product.messages(email)[0]
    assert re.fullmatch("[0-9]{8}", code)
    assert letter.subject == f"{code} is your Latchkey code"
    assert letter.body.splitlines().count(code) == 1
    assert letter.html
    assert len(re.findall(f">{code}<", letter.html)) == 1


@pytest.mark.parametrize("name", MAILS)
def test_both_parts_of_an_email_say_the_same(renderer: Templates, name: str) -> None:
    subject, text, html = renderer.render_email(name, CONTEXT)
    facts = ["Latchkey", CONTEXT["base_url"], CONTEXT["when"], *LINKS.get(name, ())]
    if name in (*CODES, "email_taken", "recovery_unknown"):
        facts.append(CONTEXT["host"])
    if name in CODES:
        facts += [CONTEXT["code"], "10 minutes", "once"]
    if name == "password_reset":
        facts += [CONTEXT["network"]]
    for part in (text, words(html)):
        assert [fact for fact in facts if fact not in part] == []
    said = [line.removesuffix(":") for line in text.splitlines()]
    assert [line for line in said if line not in words(html)] == []
    after_preheader = html.replace(HARD_HYPHEN, "-").partition("</div>")[2]
    shown = re.findall(">([^<]+)<", after_preheader)
    cells = [" ".join(unescape(each).split()) for each in shown]
    assert {cell for cell in cells if cell not in text} <= {LINK_AGAIN}
    assert "\n" not in subject


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_line_of_an_email_breaks_within_e_mail(language: str) -> None:
    languages = Languages((language,))
    renderer = Templates(Assets(ROOT / "static", live=False), languages, live=False)
    with reading(languages.get(language)):
        mails = [renderer.render_email(name, CONTEXT) for name in MAILS]
    assert sum(HARD_HYPHEN in html for *_, html in mails) > 10
    shown = [html.partition("</div>")[2] for *_, html in mails]  # after the preheader
    assert [found for html in shown for found in BREAKING_HYPHEN.findall(html)] == []
    plain = [subject + text for subject, text, _ in mails]
    assert sum(bool(re.search("[Ee]-[Mm]ail", each)) for each in plain) > 10
    assert not any(HARD_HYPHEN in each for each in plain)


@pytest.mark.parametrize("name", MAILS)
def test_an_email_needs_nothing_from_elsewhere(renderer: Templates, name: str) -> None:
    _, _, html = renderer.render_email(name, CONTEXT)
    assert len(html.encode()) <= 20_000
    assert re.findall(r"<img|<script|<link|src=|url\(|@import", html) == []
    links = set(re.findall('href="([^"]*)"', html))
    assert links == {CONTEXT["base_url"] + path for path in LINKS.get(name, ())}


@pytest.mark.parametrize("name", MAILS)
def test_an_email_keeps_language_and_shape_where_clients_drop_its_head(
    renderer: Templates, name: str
) -> None:
    _, _, html = renderer.render_email(name, CONTEXT)
    tables = re.findall("<table[^>]*>", html)
    assert ' lang="en" dir="ltr"' in tables[0]
    assert all(' role="presentation"' in table for table in tables)
    assert '<meta name="color-scheme" content="light dark">' in html
    preheader = re.search(r"<div[^>]*display:none[^>]*>([^<]*)</div>", html)
    assert preheader
    assert 20 < len(preheader[1]) <= 90


@pytest.mark.parametrize("name", CODES)
def test_the_code_in_an_email_is_large_and_copies_as_digits(renderer: Templates, name: str) -> None:
    _, _, html = renderer.render_email(name, CONTEXT)
    cell = re.search(r'<td[^>]*style="([^"]*)"[^>]*>012345</td>', html)
    assert cell
    size = re.search(r"(\d+)px/\d+px [^;]*monospace", cell[1])
    assert size
    assert int(size[1]) >= 28


def test_a_mail_names_the_sign_in_as_the_operator_does() -> None:
    assets = Assets(ROOT / "static", live=False)
    renderer = Templates(assets, live=False, auth0_label="Google")
    removed = "Your Google login was removed from your account"
    subject, text, html = renderer.render_email("identity_removed", CONTEXT)
    assert (subject, removed in text, removed in html) == (removed, True, True)
    _, linked, _ = renderer.render_email("identity_linked", CONTEXT)
    assert "You can now sign in with Google." in linked
