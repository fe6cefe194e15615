"""Templates and words of a brand: theirs go before ours, and nothing of theirs can break a page."""

import os
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateError, UndefinedError

from app.domain.checks import Status
from app.domain.i18n import Language, current_language
from app.domain.languages import Languages
from app.web.assets import Assets
from app.web.brand import STATIC, Brand
from app.web.errors import LastResort
from app.web.templates import Templates
from tests.test_messages import CONTEXT

ERROR: dict[str, Any] = {
    "shell": "_shell/document.html", "title": "Oh", "message": "No.", "next": (), "cause": "",
    "notice": "", "csrf_token": "",
}  # fmt: skip
PAGE = """{% extends "default/error.html" %}
{% block main %}<p>Ours, and more:</p>{{ super() }}{% endblock %}"""


def write(folder: Path, **files: str) -> Path:
    """`error` is the page of errors, any other is named by its path with `__` for `/`."""
    for name, text in files.items():
        name = {"error": "templates/error.html"}.get(name, name.replace("__", "/"))
        path = folder / name.replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def templates(folder: Path, *, live: bool = False) -> Templates:
    languages = Languages(("en",), own=folder / "words")
    current_language.set(languages.get("en"))
    return Templates(Assets(STATIC, live=False, brand=Brand(folder=folder)), languages, live=live)


@pytest.fixture(autouse=True)
def _reader() -> Any:
    token = current_language.set(current_language.get())
    yield
    current_language.reset(token)


def test_theirs_goes_before_ours_and_may_extend_it(tmp_path: Path) -> None:
    page = templates(write(tmp_path, error=PAGE)).get("error.html").render(ERROR)
    assert "<p>Ours, and more:</p>" in page
    assert '<p class="lede">No.</p>' in page


def test_messages_have_a_folder_of_their_own(tmp_path: Path) -> None:
    letter = "{{ product }}: {{ code }}"
    known = templates(write(tmp_path, messages__email_codeDOTsubjectDOTtxt=letter))
    assert known.get("messages/email_code.subject.txt").render(CONTEXT) == "Latchkey: 012345"


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ("{% extends shell %}{% block main %}{% if %}{% endblock %}", "TemplateSyntaxError"),
        (PAGE + "{% block title %}{{ nobody }}{% endblock %}", "'nobody' is undefined"),
        (PAGE + "{% block title %}{{ 1 / 0 }}{% endblock %}", "ZeroDivisionError"),
        (PAGE + '{% block title %}{% include "none.html" %}{% endblock %}', "no template none"),
        (
            PAGE + '{% block title %}{% include "../none.html" %}{% endblock %}',
            "no template ../none",
        ),
        ('{% extends "error.html" %}{% block main %}{% endblock %}', "lost {% extends shell %}"),
        ("<p>all alone</p>", "lost {% extends shell %}"),
    ],
)
async def test_one_that_is_broken_is_left_out_and_told(
    tmp_path: Path, theirs: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    known = templates(write(tmp_path, error=theirs))
    for _ in range(2):
        page = known.get("error.html").render(ERROR)
        assert '<p class="lede">No.</p>' in page
        assert "more:" not in page
    assert [record.message for record in caplog.records] == [
        "a template of the brand is left out"
    ], "once"
    status, note = await known.brand.report_health()
    assert status is Status.WARN
    assert told in note
    assert f"{tmp_path}/templates/error.html:" in note


def test_the_others_stay_when_one_is_left_out(tmp_path: Path) -> None:
    broken = "{% if signed_in_as %}{% endif %}{{ nobody }}"
    folder = write(tmp_path, error=PAGE, templates___shell___markDOThtml=broken)
    page = templates(folder).get("error.html").render(ERROR)
    assert "<p>Ours, and more:</p>" in page
    assert '<svg viewBox="0 0 32 16"' in page


def test_what_is_wrong_with_ours_is_not_theirs(tmp_path: Path) -> None:
    known = templates(write(tmp_path, error=PAGE))
    with pytest.raises(UndefinedError):
        known.get("error.html").render({name: ERROR[name] for name in ERROR if name != "message"})
    assert known.brand.overrides
    assert known.brand.overrides.broken == {}


START = "{% extends shell %}{% block title %}{% endblock %}{% block main %}"


def test_in_development_the_error_is_shown_on_a_page_of_ours(tmp_path: Path) -> None:
    status, broken = "templates/status/status.html", START + "{{ x }}"
    shell = (STATIC.parent / "src/app/partials/_shell/document.html").read_text()
    folder = write(
        tmp_path,
        templates__status__statusDOThtml=broken,
        templates___shell__documentDOThtml=shell.replace("<body", "{{ nobody }}<body"),
    )
    known = templates(folder, live=True)
    with pytest.raises(TemplateError, match="Unexpected end"):
        known.get("status/status.html")
    assert '<p class="lede">No.</p>' in known.get("error.html").render(ERROR)
    (folder / status).write_text(broken.replace("{{ x }}", "fixed{% endblock %}"))
    fragment = ERROR | {"shell": "_shell/fragment.html"}
    assert "fixed" in known.get("status/status.html").render(fragment)


def test_in_development_a_broken_page_of_errors_says_so_itself(tmp_path: Path) -> None:
    broken = PAGE.replace("{{ super() }}", "{{ nobody }}")
    known = templates(write(tmp_path, error=broken), live=True)
    for _ in range(2):  # it is tried again each time
        shown = known.get("error.html").render(ERROR)
        assert '<p class="lede">No.</p>' in shown
        assert "templates/error.html:2: UndefinedError: &#39;nobody&#39; is undefined" in shown
    assert "ours:1" in known.get("error.html").render(ERROR | {"cause": "ours:1"})


def test_in_development_what_a_template_has_lost_is_shown(tmp_path: Path) -> None:
    name, start = "login/password.html", "{% extends shell %}"
    folder = write(
        tmp_path, templates__login__passwordDOThtml=start + "{% block main %}Hello{% endblock %}"
    )
    known = templates(folder, live=True)
    with pytest.raises(TemplateError, match='lost name="email"') as shown:
        known.get(name)
    assert getattr(shown.value, "lineno", 0) == 1
    (folder / "templates" / name).unlink()
    assert known.get(name)


def test_the_page_of_last_resort_may_be_theirs_and_broken(tmp_path: Path) -> None:
    name = "templates___shell__last_resortDOThtml"
    ours = (STATIC.parent / "src/app/partials/_shell/last_resort.html").read_text()
    for theirs in ("{% if %}", ours.replace("<h1", "{{ nobody }}<h1")):
        brand = Brand(folder=write(tmp_path, **{name: theirs}))
        assert "<h1" in LastResort(brand).render(500).decode()


WORDS = 'msgid "Try again"\nmsgstr "Once more"\n\nmsgid "Help"\nmsgstr "He%(no)slp"\n'


def test_their_words_go_before_ours_also_in_english(tmp_path: Path) -> None:
    folder = write(tmp_path, words__enDOTpo=WORDS)
    known = templates(folder)
    assert "Help</a>" in known.get("error.html").render(ERROR), "a faulty one is not theirs"
    last = LastResort(known.brand).render(500).decode()
    assert "Once more</a>" in last
    assert "Go to the home page</a>" in last


def test_words_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, words__enDOTpo='msgid "Try again"\nmsgstr "Once more"\nnonsense')
    language = Languages(("en",), own=tmp_path / "words").get("en")
    assert isinstance(language, Language)
    assert language.translations.gettext("Try again") == "Try again"


def test_colours_are_read_again_while_they_are_worked_on(tmp_path: Path) -> None:
    style = tmp_path / "brand.css"
    style.write_text(":root { --accent: #112233; }")
    assets = Assets(STATIC, live=True, brand=Brand(folder=tmp_path))
    before, light = assets.url("site.css"), assets.brand.light
    assert light["accent"] == "#112233"
    style.write_text(":root { --accent: #abc; }")
    os.utime(style, (2e9, 2e9))
    assert assets.url("site.css") != before
    assert light["accent"] == "#aabbcc"
