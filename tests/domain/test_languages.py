"""Which of the offered languages someone reads, and sentences that wait for it."""

from pathlib import Path

import pytest

from app.domain.i18n import _, ngettext, reading
from app.domain.languages import Languages, load_language
from app.domain.moments import Wait

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Number changed."
msgstr "Nummer geändert."

#, python-format
msgid "You can ask again %(when)s."
msgstr "%(when)s geht es wieder."

#, python-format
msgid "Too many wrong codes. Try again %(when)s."
msgstr "Zu viele falsche Codes. %(wann)s geht es wieder."

#, python-format
msgid "%(num)s try"
msgid_plural "%(num)s tries"
msgstr[0] "%(num)s Versuch"
msgstr[1] "%(num)s Versuche"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locales")
    (folder / "de").mkdir()
    (folder / "de/messages.po").write_text(CATALOGUE)
    return folder


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("fr;q=0.9,EN-us;q=0.5,de;q=0.6", "de"),
        ("ja,ko", "en"),
        ("de;q=0,en;q=0.1", "en"),
        ("de;q=nonsense", "en"),
        ("pt-BR-x-private;q=1.0, pt", "pt-BR"),
        ("x" * 5000 + ",de", "en"),
    ],
)
def test_the_most_wanted_language_that_is_offered_is_found(accepted: str, code: str) -> None:
    assert Languages(("en", "de", "pt-BR")).negotiate(accepted) == code


def test_a_sentence_is_put_into_the_language_of_whoever_reads_it(folder: Path) -> None:
    changed, wait = _("Number changed."), _("You can ask again %(when)s.", when=Wait(300))
    tries = ngettext("%(num)s try", "%(num)s tries", 2)
    assert [str(each) for each in (changed, wait, tries)] == [
        "Number changed.",
        "You can ask again in 5 minutes.",
        "2 tries",
    ]
    with reading(load_language("de", folder)):
        assert [str(each) for each in (changed, wait, tries)] == [
            "Nummer geändert.",
            "in 5 Minuten geht es wieder.",
            "2 Versuche",
        ]


def test_a_translation_with_a_value_that_does_not_exist_is_not_used(folder: Path) -> None:
    with reading(load_language("de", folder)):
        sentence = _("Too many wrong codes. Try again %(when)s.", when=Wait(60))
        assert str(sentence) == "Too many wrong codes. Try again in 1 Minute."


def test_a_language_is_named_in_itself_and_knows_its_direction(folder: Path) -> None:
    german = load_language("de", folder)
    assert (german.name, german.direction, german.version != "") == ("Deutsch", "ltr", True)


def test_a_brands_words_go_before_ours_also_when_they_are_read_again(
    folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "words"
    own.mkdir()
    languages = Languages(("de",), folder, own)
    assert languages.get("de").translations.gettext("Number changed.") == "Nummer geändert."
    (own / "de.po").write_text('msgid "Number changed."\nmsgstr "Neue Nummer."')
    languages.refresh()
    assert languages.get("de").translations.gettext("Number changed.") == "Neue Nummer."
    kept = languages.get("de").translations.gettext("You can ask again %(when)s.")
    assert kept == "%(when)s geht es wieder.", "any other is ours"
