"""The table of examples: of every template, in every state, also in languages that nobody reads."""

import re
from collections import Counter
from pathlib import Path

import pytest

from app.dev.examples import list_examples
from app.dev.rendering import (
    PSEUDO,
    files_of,
    find_example,
    lengthen,
    mirror,
    render,
)
from app.domain.delivery.segments import count_segments
from app.domain.i18n import ENGLISH, Language, reading
from app.web.assets import Assets
from app.web.overrides import PARTIALS
from app.web.templates import Templates
from tests.test_house import STATIC


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(Assets(STATIC, live=False), live=False)


def written(folder: Path) -> set[str]:
    """The templates there are, but for those of a developer's machine, and those that the texts of
    mails extend: nobody is sent them by themselves.
    """
    paths = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {str(path) for path in paths if path.parts[0] != "dev" and not path.match("_*.txt")}


def test_every_template_has_an_example_and_none_is_of_another() -> None:
    assert {file for example in list_examples() for file in files_of(example)} == written(PARTIALS)


def test_every_example_has_a_name_of_its_own() -> None:
    named = Counter((example.template, example.state) for example in list_examples())
    assert [name for name, count in named.items() if count > 1] == []


@pytest.mark.parametrize("language", [ENGLISH, *PSEUDO.values()], ids=lambda each: each.code)
def test_every_example_renders(templates: Templates, language: Language) -> None:
    with reading(language):
        rendered = [render(templates, example) for example in list_examples()]
    assert len(rendered) > 400
    assert all(each.html or each.text for each in rendered)


def test_a_page_of_a_pseudo_language_says_which_and_how_it_is_read(templates: Templates) -> None:
    example = find_example("signup/phone.html", "normal")
    assert example
    with reading(PSEUDO["ar-XB"]):
        html = render(templates, example).html
        turned = render(templates, example, "ltr").html
    assert '<html lang="ar-XB" dir="rtl">' in html
    assert '<html lang="ar-XB" dir="ltr">' in turned


def test_a_longer_sentence_keeps_its_values_and_its_markup() -> None:
    sentence = 'Try again %(when)s, <a href="/plan">here</a>: 100%%'
    longer = lengthen(sentence)
    read, written = (len(re.sub(r"%\(when\)s|<[^>]+>", "", text)) for text in (sentence, longer))
    assert written >= 1.4 * read
    assert re.findall(r"%\(when\)s|%%|<[^>]+>", longer) == [
        "%(when)s",
        '<a href="/plan">',
        "</a>",
        "%%",
    ]
    assert "again" not in longer
    assert (lengthen(""), lengthen("{}")) == ("", "{}")


def test_a_mirrored_sentence_keeps_its_values_too() -> None:
    assert mirror("Hi %(name)s") == "\u200f\u202eHi\u202c\u200f %(name)s"


@pytest.mark.parametrize(
    ("text", "count", "encoding"),
    [
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),
        ("€" * 81, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("’" * 70, 1, "UCS-2"),
        ("’" * 71, 2, "UCS-2"),
        ("🦊" * 36, 2, "UCS-2"),
    ],
)
def test_texts_are_counted_as_operators_count_them(text: str, count: int, encoding: str) -> None:
    segments = count_segments(text)
    assert (segments.count, segments.encoding) == (count, encoding)
