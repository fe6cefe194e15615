"""Pages by the rules that a machine can read off their markup and their words."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.dev.examples import list_examples
from app.dev.rendering import is_page, render
from app.web.assets import Assets
from app.web.errors import WORDS
from app.web.page import NOTICES
from app.web.templates import Templates
from tests.pages import Element, Page, every_page
from tests.product import Product
from tests.test_house import STATIC
from tests.test_words import messages

SOURCE = Path(__file__).parents[1] / "src" / "app"
NO_WORDS = re.compile(r"\{[{%#].*?[#%}]\}|<style>.*?</style>|<!?[a-z/][^>]*>", re.DOTALL)
BANNED = re.compile(r"\b(please|sorry|valid|invalid|oops|required)\b|!", re.IGNORECASE)
# Where sentences for people are written, beside the templates.
SPEAKING = [
    *SOURCE.glob("domain/**/*.py"),
    SOURCE / "controllers/signup/pages.py",
    SOURCE / "controllers/code_words.py",
]
# The box where a page has several fields or none, else the sentence beside the field.
ERROR = re.compile(
    r'<(?P<tag>div|p) class="(?:alert|wrong)"[^>]* role="alert"[^>]*>(?P<text>.*?)</(?P=tag)>',
    re.DOTALL,
)
FOR_OPERATORS = re.compile(r"health|^api/docs|^/api/docs|^/dev/outbox$|: old prices$")
NAMING = re.compile("dev|/?api/docs")  # a vendor, and a field named after it
REFERRING = ("for", "aria-describedby", "aria-labelledby", "aria-controls")


@pytest.fixture(scope="module")
def pages(product: Product) -> list[Page]:
    """As the product serves them, and as the table has them of states that are hard to come to."""
    return [*every_page(product), *every_example()]


def every_example() -> Iterator[Page]:
    templates = Templates(Assets(STATIC, live=False), live=False)
    for example in list_examples():
        if is_page(example):
            name = f"{example.template}: {example.state}"
            yield Page(name, render(templates, example).html)


def test_every_tag_is_closed_in_its_turn(pages: list[Page]) -> None:
    assert {page.name: page.broken for page in pages if page.broken} == {}
    assert len(pages) > 25


def test_ids_are_unique_and_all_that_is_referred_to_is_there(pages: list[Page]) -> None:
    wrong = []
    for page in pages:
        wrong += [f"{page.name}: {one} twice" for one, n in Counter(page.ids).items() if n > 1]
        known = {*page.ids, *(() if page.is_document else ("live", "main"))}
        wrong += [f"{page.name}: #{one}" for one in referred(page) if one not in known]
    assert wrong == []


def referred(page: Page) -> Iterator[str]:
    for element in page.elements:
        for name in REFERRING:
            yield from element.get(name).split()
        if element.tag == "a" and element.get("href").startswith("#"):
            yield element.get("href")[1:]


def test_no_line_breaks_within_e_mail(pages: list[Page]) -> None:
    examples = {page.name: page.text for page in pages if ".html: " in page.name}
    assert {name for name, text in examples.items() if re.search(r"\b[Ee]-[a-z]", text)} == set()
    assert sum("e-\N{WORD JOINER}mail" in text for text in examples.values()) > 50


def test_a_page_has_one_heading_and_one_place_for_focus(pages: list[Page]) -> None:
    for page in pages:
        assert len(page.all("h1")) == 1, page.name
        focused = [element for element in page.elements if "autofocus" in element.attributes]
        assert len(focused) == 1, page.name
        assert able_to_take_focus(focused[0]), page.name


def test_no_time_is_told_by_a_clock_that_is_not_the_readers(pages: list[Page]) -> None:
    """But to operators, and in mails, which do not know where they are
    read.
    """
    told = {page.name for page in pages if re.search(r"\bUTC\b", page.text)}
    assert {name for name in told if not FOR_OPERATORS.search(name)} == set()


def test_every_password_can_be_shown(pages: list[Page]) -> None:
    for page in pages:
        hidden = {field.get("id") for field in page.all("input") if field.get("type") == "password"}
        shown = {one.get("aria-controls") for one in page.all("button") if one.get("data-other")}
        assert hidden <= shown, page.name


def able_to_take_focus(element: Element) -> bool:
    return element.tag == "input" or element.get("tabindex") == "-1"


def test_a_page_with_an_error_says_so_in_the_title_and_once_at_the_field(pages: list[Page]) -> None:
    refused = [page for page in pages if re.search(ERROR, main_of(page))]
    assert len(refused) > 8
    for page in refused:
        assert "<title>Error: " in page.html, page.name
        [error] = re.finditer(ERROR, main_of(page))
        invalid = [element for element in page.elements if element.get("aria-invalid")]
        for element in invalid:
            field = element.get("id")
            assert f"{field}-error" in element.get("aria-describedby").split()
            if error["tag"] == "div":
                assert f'<a href="#{field}">' in error["text"], page.name
            else:
                assert f'id="{field}-error"' in error[0], page.name
                assert "autofocus" in element.attributes, page.name


def main_of(page: Page) -> str:
    return page.html.partition("<template")[0]


def test_nothing_in_a_page_needs_an_unsafe_policy(pages: list[Page]) -> None:
    for page in pages:
        for element in page.elements:
            handlers = [name for name in element.attributes if name.startswith(("on", "hx-on"))]
            assert not handlers, (page.name, handlers)
            assert "style" not in element.attributes, (page.name, element)
            assert not element.get("hx-vals").startswith("js:")
        assert not page.all("style"), page.name
        scripts = [one for one in page.all("script") if one.get("type") != "application/ld+json"]
        assert all(script.get("src").startswith("/static/") for script in scripts), page.name


def test_every_form_is_a_post_with_its_token_that_the_server_judges(pages: list[Page]) -> None:
    for page in pages:
        for form in re.findall(r"<form.*?</form>", page.html, re.DOTALL):
            if 'action="/language"' in form:
                continue  # on pages that are the same for everybody; it changes a preference alone
            assert re.search(r'<form[^>]* method="post"[^>]* novalidate', form), page.name
            assert form.count('name="csrf_token"') == 1, page.name
            assert not re.search(r"<input[^>]* (required|pattern|maxlength)", form), page.name


def test_every_field_has_its_label_and_no_placeholder(pages: list[Page]) -> None:
    for page in pages:
        labelled = {label.get("for") for label in page.all("label")}
        for field in page.all("input"):
            if field.get("type") != "hidden":
                known = field.get("id") in labelled or "label" in field.within
                assert known, (page.name, field)
                assert "placeholder" not in field.attributes, (page.name, field)


def test_steps_are_told_in_words_and_in_the_title(pages: list[Page]) -> None:
    steps = [page for page in pages if 'aria-label="Progress"' in page.html]
    assert len(steps) > 15
    for page in steps:
        told = re.search(r"Step [1-5] of [245]", page.text)
        assert told
        assert f"{told[0]} – Latchkey</title>" in page.html, page.name
        assert page.html.count('aria-current="step"') == 1, page.name


def test_the_code_field_takes_what_people_paste(pages: list[Page]) -> None:
    fields = [f for page in pages for f in page.all("input") if f.get("name") == "code"]
    assert fields
    for field in fields:
        assert field.get("type") == "text"
        assert field.get("inputmode") == "numeric"
        assert field.get("autocomplete") == "one-time-code"


def test_no_page_blames_or_begs(pages: list[Page]) -> None:
    found = {page.name: BANNED.findall(page.text) for page in pages if BANNED.search(page.text)}
    assert found == {}


def test_no_template_blames_or_begs() -> None:
    for path in sorted((SOURCE / "partials").rglob("*.*")):
        assert not BANNED.search(words_of(path)), path.name


def test_no_sentence_of_the_product_blames_or_begs() -> None:
    said = [sentence for path in SPEAKING for sentence in sentences(path)]
    said += [
        *map(str, NOTICES.values()),
        *(str(text) for words in WORDS.values() for text in words),
    ]
    assert len(said) > 60
    assert [sentence for sentence in said if BANNED.search(sentence)] == []


def test_people_read_the_name_of_a_sign_in_and_not_of_its_vendor(pages: list[Page]) -> None:
    """`AUTH0_LABEL`; addresses and fields keep theirs. The made-up provider of `dev` is one."""
    said = {page.name: page.text for page in pages if not NAMING.match(page.name)}
    for path in (SOURCE / "partials").rglob("*.*"):
        if path.parent.name != "dev":
            said[path.name] = words_of(path)
    said |= {str(path): " ".join(sentences(path)) for path in SPEAKING}
    said["notices"] = " ".join(map(str, NOTICES.values()))
    assert [name for name, words in said.items() if "Auth0" in words] == []


def words_of(template: Path) -> str:
    source = template.read_text()
    return " ".join([NO_WORDS.sub(" ", source), *messages(source)])


def sentences(path: Path) -> Iterator[str]:
    """What is written to be read on a page: capital letter, words, full stop; no docstrings."""
    tree = ast.parse(path.read_text())
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone:
            yield from re.findall(r".*[a-z]+ [a-z]+.*[.?!]\s*$", node.value)
