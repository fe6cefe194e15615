"""Another brand: nothing that people see, read or keep is Latchkey's."""

import ast
import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from rcssmin import cssmin

from app.domain.i18n import reading
from app.domain.languages import Languages
from app.settings import read_settings
from app.web.assets import Assets
from app.web.brand import STATIC, Brand, load_brand
from app.web.errors import LastResort
from app.web.templates import Templates
from tests.holder import Holder
from tests.person import Person
from tests.product import GENEROUS, PATIENCE, Product
from tests.shop import publish_in
from tests.stores import Stores
from tests.test_messages import CONTEXT, MAILS
from tests.test_templates import NO_WORDS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "app"
BRAND = ROOT / "examples" / "brand-acme"
ACME = {
    "BRAND_DIR": str(BRAND),
    "BRAND_NAME": "Acme",
    "CONTACT": "help@acme.example",
    "LEGAL_LINKS": "Terms=https://acme.example/terms,Privacy=https://acme.example/privacy",
}
# What people never see: headers to vendors, commands, and what only developers have.
UNSEEN = ("openid/client.py", "settings/descriptions.py", "commands/", "dev/")


@pytest.fixture(scope="module")
def acme(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("acme")
    redis = f"{stores.redis_url}?db=2"
    with Product(folder, stores.new_database(), redis, limits=GENEROUS, **ACME) as product:
        yield product


@pytest.fixture(scope="module")
def holder(acme: Product) -> Holder:
    return Holder(acme)


def test_no_page_names_another(holder: Holder) -> None:
    for path in ("/", "/pricing", "/account", "/account/sessions", "/status", "/nowhere"):
        html = holder.get(path).html
        assert "Acme" in html, path
        assert "latchkey" not in html.lower().replace("latchkey.js", ""), path


def test_its_words_and_drawings_are_there_in_each_language(acme: Product) -> None:
    english, german = (
        Person(acme).get("/", **{"accept-language": language}).html for language in ("en", "de")
    )
    assert "Your workshop, one door." in english
    assert "Is it working?</a>" in english
    assert "Ihre Werkstatt, eine Tür." in german
    assert '<path d="M60 130 200 18l140 112' in english


def test_a_template_of_theirs_adds_to_ours_in_words_of_theirs(acme: Product) -> None:
    main = Person(acme).get("/nowhere", **{"accept-language": "de"}).html
    assert "Die Werkstatt antwortet montags bis freitags von 9 bis 17 Uhr." in main
    assert main.count("<h1") == 1


def test_all_is_well_with_it(acme: Product, holder: Holder) -> None:
    """Found by itself, a moment after the start."""
    seen = holder.http.get("/health/brand").json()
    assert seen["status"] == "pass"
    assert '"level":"warning"' not in acme.log.read_text()


def test_no_message_does(acme: Product, holder: Holder) -> None:
    sent = acme.outbox.list_recent()
    assert {message.to for message in sent} >= {holder.phone, holder.email}
    for message in sent:
        said = f"{message.subject} {message.body} {message.html}"
        assert "Acme" in said
        assert "latchkey" not in said.lower()


def test_the_download_has_its_name(holder: Holder) -> None:
    answer = holder.http.get("/account/data")
    assert re.search(r'filename="acme-[0-9-]+\.json"', answer.headers["content-disposition"])


def test_its_colours_and_pictures_cost_no_byte_and_no_request(holder: Holder) -> None:
    html = holder.get("/pricing").html
    awaited = re.findall(r"<(?:link rel=.stylesheet|script (?:defer|type=.module))", html)
    assert len(awaited) == 4, "style, prices, two scripts"
    assert '<svg class="own" aria-hidden="true" viewBox="0 0 40 32"><path' in html
    own = holder.http.get(*re.findall(r'href="(/static/[^"]+/favicon.svg)"', html))
    assert own.content == (BRAND / "favicon.svg").read_bytes()
    css = holder.http.get(*re.findall(r'href="(/static/[^"]+/site.css)"', html)).text
    assert [css.count(f"--accent:{it}") for it in ("#4c31c4", "#b3a4ff", "#0f4f46")] == [1, 1, 0]
    assert len(css) < len(cssmin((STATIC / "site.css").read_text())) + 100


def test_a_first_visit_stays_light(acme: Product) -> None:
    person = Person(acme)
    seen = person.http.get("/signup/phone")
    files = re.findall(r'(?:href|src)="(/static/[^"]+(?:css|js))"', seen.text)
    answers = [seen, *(person.http.get(file) for file in files)]
    assert len(answers) == 4, "page, style, two scripts"
    heads = [f"{each}: {it}\r\n" for one in answers for each, it in one.headers.items()]
    bodies = sum(int(one.headers["content-length"]) for one in answers)
    assert len("".join(heads)) + bodies <= 25 * 1024


@pytest.mark.parametrize(
    "drawing", ["<style>a{}</style>", '<path id="a"/>', '<use href="#a"/>', "<g></g>" * 400]
)
def test_a_logo_that_is_no_plain_drawing_is_a_picture(tmp_path: Path, drawing: str) -> None:
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30.4 10">'
    (tmp_path / "logo.svg").write_text(f"{head}{drawing}</svg>")
    brand = Brand(folder=tmp_path)
    assert (brand.logo, brand.logo_size) == (None, (30, 10))
    mark = Templates(Assets(STATIC, live=False, brand=brand), live=False).get("_shell/_mark.html")
    shown = r'<img src="/static/\w+/logo.svg" alt="" width="30" height="10">Latchkey'
    assert re.fullmatch(shown, mark.render())


def test_mails_have_its_colours_and_no_mark_of_ours(acme: Product, holder: Holder) -> None:
    for message in acme.outbox.list_recent():
        if message.html:
            assert "#4c31c4" in message.html or "#f4f3f9" in message.html
            assert not re.search(r"#0f4f46|#eff2ef|#14211d|class=.(?:brass|bar)", message.html)


async def test_search_engines_are_told_its_name(acme: Product, holder: Holder) -> None:
    await publish_in(acme.env["DATABASE_URL"])
    deadline = monotonic() + PATIENCE
    while "ld+json" not in (html := holder.get("/pricing").html):
        assert monotonic() < deadline
        await asyncio.sleep(0.1)
    [told] = re.findall(r'"application/ld\+json">(.*?)</script>', html)
    assert json.loads(told)["name"] == "Acme"


def test_every_page_leads_to_the_contact_and_the_legal_pages(holder: Holder) -> None:
    for path in ("/", "/recovery/email", "/status", "/nowhere"):
        html = holder.get(path).html
        assert 'href="mailto:help@acme.example"' in html, path
        assert '<a href="https://acme.example/terms">Terms</a>' in html, path
    main = holder.get("/nowhere").html.partition('id="main"')[2].partition("</main>")[0]
    assert 'href="mailto:help@acme.example"' in main
    last = LastResort(Brand(contact="mailto:help@acme.example")).render(503).decode()
    assert 'href="mailto:help@acme.example"' in last


def test_mails_end_with_the_contact_and_the_legal_pages() -> None:
    legal = (("Imprint", "https://acme.example/imprint"),)
    brand = Brand("Acme", "mailto:help@acme.example", legal)
    languages = Languages(("de",))
    templates = Templates(Assets(STATIC, live=False, brand=brand), languages, live=False)
    with reading(languages.get("de")):
        for mail in MAILS:
            _, text, html = templates.render_email(mail, CONTEXT)
            foot = text.rstrip().splitlines()[-2:]
            assert foot == ["Kontakt: help@acme.example", f"Impressum: {legal[0][1]}"], mail
            assert re.findall('<a href="([^"]+)"', html)[-2:] == [brand.contact, legal[0][1]]


@pytest.mark.parametrize(
    ("name", "begins"),
    [("Acme", "acme"), ("Crème & Søn A/S", "creme-sn-a-s"), ("株式会社", "account")],
)
def test_a_file_has_a_name_that_every_system_takes(name: str, begins: str) -> None:
    assert Brand(name).file_name == begins


def test_the_sender_of_mails_has_its_name() -> None:
    settings = read_settings({"ENVIRONMENT": "test", **ACME})
    assert load_brand(settings).name == settings.brand_name == "Acme"


def test_nothing_that_people_read_is_written_with_a_name() -> None:
    """But the default of the setting and of what stands for it, and what operators read."""
    templates = (path for path in (SOURCE / "partials").rglob("*.*") if path.parent.name != "dev")
    said = [path.name for path in templates if "Latchkey" in re.sub(NO_WORDS, "", path.read_text())]
    for path in SOURCE.rglob("*.py"):
        if not any(each in str(path.relative_to(SOURCE)) for each in UNSEEN):
            said += [path.name for text in _sentences(path) if re.search(r"Latchkey\b(?!-)", text)]
    assert sorted(said) == sorted(["brand.py", "__init__.py", "sendgrid.py", "values.py"])


def _sentences(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone:
            yield node.value
