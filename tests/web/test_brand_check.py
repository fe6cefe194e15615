"""`latchkey brand check`: what is wrong with the folder of a brand, with file and line."""

import shutil
from pathlib import Path

import pytest

from app.domain.checks import Status
from app.web.assets import Assets
from app.web.brand import STATIC, Brand
from app.web.brand_check import PAIRS, check_brand
from app.web.hooks import find_lost_hooks
from app.web.overrides import PARTIALS, read_ours
from app.web.tokens import contrast, long_colour, read_tokens
from tests.commands.running import typed

BRAND = STATIC.parent / "examples" / "brand-acme"
SIGN_UP = '{% extends "default/signup/phone.html" %}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BRAND, tmp_path / "acme"))


def test_acme_is_well() -> None:
    assert typed("brand", "check", str(BRAND)).output == "All is well.\n"


def test_ours_is_well_too() -> None:
    for tokens in read_tokens((STATIC / "site.css").read_text()).schemes.values():
        for one, other, least in PAIRS:
            colours = (long_colour(tokens[name].value) for name in (one, other))
            assert contrast(*colours) >= least, (one, other)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0f4f46", "#0f4f46", 1)],
)
def test_contrast_is_as_wcag_has_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("--soft: #5b5672;", "--soft: #a9a5bb;", "3: --soft on --paper has a contrast of"),
        ("--soft: #aba5c4;", "--soft: #55506a;", "14: --soft on --paper has a contrast of"),
        ("--trim: #d2491a; ", "", "1: --trim is missing in the light scheme: ours is #b07a1e"),
        ("--trim: #ff8a5c; ", "", "1: --trim is missing in the dark scheme: ours is #d8a852"),
        ("--trim: #d2491a;", "--trin: #d2491a;", "5: --trin is no token of the light scheme; is"),
        ("--trim: #d2491a;", "--trim: tomato;", "5: --trim must be a colour such as"),
        ("--round: 4px;", "--round: url(x);", "10: --round may not have url()"),
        ("@media", "h1 { color: red }\n@media", "12: color: red: only tokens of :root"),
        ("    --shade: none;\n  }\n}", "    --shade: none;\n  }", "a brace without its other one"),
    ],
)
def test_a_style_is_read_as_it_is_meant(folder: Path, old: str, new: str, told: str) -> None:
    style = folder / "brand.css"
    assert old in style.read_text()
    style.write_text(style.read_text().replace(old, new))
    found = [str(each) for each in check_brand(folder)]
    assert any(each.startswith(f"{style}:") and told in each for each in found), found


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("templates/signup/telephone.html", "Hello", "1: we have no template of this path"),
        ("templates/signup/phone.html", "\n{% if %}", "2: Expected an expression"),
        ("templates/signup/phone.html", SIGN_UP + "{% block main %}{% endblock %}",
         '1: lost name="csrf_token"'),
        ("templates/signup/phone.html", SIGN_UP + "\n{% block mian %}{% endblock %}",
         "2: nothing that it extends has a block mian"),
        ("templates/_shell/document.html", "<main>{% block main %}{% endblock %}</main>",
         '1: lost id="main"'),
        ("templates/error.html", '{% extends shell %}\n{% include "none.html" %}',
         "2: there is no template none.html"),
        ("templates/error.html", '{% extends shell %}\n{% include "../partials/error.html" %}',
         "2: there is no template ../partials/error.html"),
        ("templates/error.html", "{% extends shell %}\n{% include 'none.html' %}",
         "2: there is no template none.html"),
        ("templates/error.html", "{% extends shell %}\n\n{%+ from 'none.html' import time %}",
         "3: there is no template none.html"),
        ("templates/error.html", '{% extends "default/error.html" %}\n{% set a = prodct %}',
         "2: prodct is given to no template"),
        ("messages/phone_code.txt", "{{ code }}", "1: lost its last line, @{{ host }}"),
        ("messages/email_code.txt", "Hello", "1: lost {{ code }}"),
        ("words/de.po", 'msgid ""\nmsgstr ""\n\nmsgid "No such"\nmsgstr "Nix"',
         "4: there is no sentence “No such”"),
        ("words/de.po", 'msgid "Sign in to see your acount."\nmsgstr "Nix"',
         "1: there is no sentence “Sign in to see your acount.”; is “Sign in to see your"),
        ("words/de.po", 'msgid "You can ask again %(when)s."\nmsgstr "Warten Sie."',
         "1: “You can ask again %(when)s.” has other placeholders: they are when"),
        ("words/de.po", 'msgid "Sign in"\nmsgstr "Nix\n', "2: a text stands between two quotes"),
        ("words/de.po", 'msgid "Sign in"\nmsgstr ""\n"Ni\\"x\n"da"', "3: a text stands between"),
        ("words/de.po", "nonsense", "1: it cannot be read"),
        ("words/de.po", 'msgid ""\nmsgstr "Content-Type: text/plain; charset=none"\n\n',
         "1: it cannot be read: unknown encoding"),
        ("words/de.po", 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=m;"\n\n',
         "1: it cannot be read"),
        ("words/tlh.po", "", "1: no language is read from it"),
        ("logo.svg", "<svg>\n<g></svg>", "2: it is no SVG"),
        ("logo.svg", "<svg></svg>", "1: the viewBox is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(folder: Path, file: str, text: str, told: str) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    checked = typed("brand", "check", str(folder))
    assert checked.exit_code == 1
    assert f"{path}:{told}" in checked.output


@pytest.mark.parametrize("file", ["favicon.svg", "logo.svg", "brand.css", "words/de.po"])
def test_a_folder_in_the_place_of_a_file_is_told(folder: Path, file: str) -> None:
    (folder / file).unlink()
    (folder / file).mkdir()
    assert Assets(STATIC, live=False, brand=Brand(folder=folder)).url("favicon.svg")
    assert [str(each) for each in check_brand(folder)] == [
        f"{folder / file}:1: it is a folder, and a file is read"
    ]


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "templates").write_text("")
    [found] = check_brand(tmp_path)
    assert str(found) == f"{tmp_path}/templates:1: it is a file, and a folder is read"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("template", "is templates meant?"), ("Words", "is words meant?"), ("x", "they are messages")],
)
def test_a_folder_that_nothing_reads_is_told(folder: Path, name: str, hint: str) -> None:
    (folder / name).mkdir()
    [found] = check_brand(folder)
    assert str(found).startswith(f"{folder / name}:1: nothing is read from a folder of this name")
    assert hint in found.problem


def test_words_for_a_label_of_their_own_are_no_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "words/de.po").open("a") as words:
        words.write('\nmsgid "Returns"\nmsgstr "Rückgabe"\n')
    assert "there is no sentence “Returns”" in typed("brand", "check", str(folder)).output
    monkeypatch.setenv("LEGAL_LINKS", "Returns=https://acme.example/returns")
    assert typed("brand", "check", str(folder)).output == "All is well.\n"


def test_quotes_of_both_kinds_are_read(folder: Path) -> None:
    path = folder / "templates/signup/phone.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    ours = (PARTIALS / "signup/phone.html").read_text()
    path.write_text(
        ours.replace(
            '{% include "_phone_field.html" %}', "{% include '_phone_field.html' %}"
        ).replace('name="csrf_token"', "name='csrf_token'")
    )
    assert check_brand(folder) == []


async def test_what_is_found_is_in_the_log_and_in_the_health(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "words/tlh.po").touch()
    brand = Brand(folder=folder)
    assert await brand.report_health() == (Status.PASS, "")
    brand.report_findings([*map(str, check_brand(folder))])
    status, note = await brand.report_health()
    assert (status, note.count("no language is read from it")) == (Status.WARN, 1)
    assert [record.__dict__["problem"] for record in caplog.records] == [note]
    brand.report_findings([f"problem {number}" for number in range(1, 9)])
    assert (await brand.report_health())[1].endswith("problem 5; and 3 more")


@pytest.mark.parametrize("source", ["as it is", "extended"])
def test_ours_have_lost_nothing(source: str) -> None:
    """Of each a copy, or one that extends it and changes nothing."""

    def theirs(name: str) -> str | None:
        own = source == "extended" and not name.startswith("default/")
        return f'{{% extends "default/{name}" %}}' if own else read_ours(name)

    names = [path.relative_to(PARTIALS).as_posix() for path in PARTIALS.rglob("*.*")]
    lost = {name: find_lost_hooks(name, read_ours, theirs) for name in names}
    assert {name: hooks for name, hooks in lost.items() if hooks} == {}
    assert len(names) > 150


def test_a_part_and_a_sentence_of_their_own_are_no_mistake(folder: Path) -> None:
    (folder / "templates/_hello.html").write_text("<p>Hello</p>")
    page = folder / "templates/error.html"
    assert "workshop" in page.read_text()
    page.write_text(page.read_text().replace("{{ super", '{% include "_hello.html" %}{{ super'))
    assert check_brand(folder) == []
