"""Catalogues: whole, with the values and the markup of the English sentences, and up to date."""

import re
import shlex
import sys
from pathlib import Path
from subprocess import run

import pytest
from babel.messages.catalog import Catalog, Message

from app.domain.catalogues import find_faults, read_catalogue
from tests.test_words import PARTIALS, ROOT, SOURCE, messages, python_messages

MAKEFILE = ROOT / "Makefile"
CATALOGUES = sorted((ROOT / "locales").glob("*/messages.po"))
MARKUP = re.compile(r"</?[a-z][^>]*>")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All that is marked, as `make words` finds it."""
    told = re.findall(r"/pybabel (-q extract .*?) -o \S+ \.$", MAKEFILE.read_text(), re.MULTILINE)
    template = tmp_path_factory.mktemp("words") / "messages.pot"
    pybabel = [str(Path(sys.executable).with_name("pybabel")), *shlex.split(told[0])]
    run([*pybabel, "-o", template, "."], cwd=ROOT, check=True)
    return read_catalogue(template, "en")


def test_catalogues_get_all_that_is_marked(extracted: Catalog) -> None:
    marked = {text for path in PARTIALS.rglob("*.*") for text in messages(path.read_text())}
    modules = [path for path in SOURCE.rglob("*.py") if SOURCE / "dev" not in path.parents]
    marked |= {text for path in modules for text in python_messages(path.read_text())}
    assert len(marked) > 500
    assert marked - {text for message in sentences(extracted) for text in ids_of(message)} == set()


def sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def ids_of(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (message.id,)


def forms_of(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.name)
def test_a_catalogue_is_whole(path: Path, extracted: Catalog) -> None:
    """`make words` brings it up to date."""
    translated = sentences(read_catalogue(path, path.parent.name))
    known, marked = (
        {(message.context, ids_of(message)) for message in each}
        for each in (translated, sentences(extracted))
    )
    assert sorted(map(str, known ^ marked)) == []
    missing = [each for each in translated if each.fuzzy or not all(forms_of(each))]
    assert [ids_of(each) for each in missing] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.name)
def test_a_translation_has_the_values_and_the_markup_of_its_sentence(path: Path) -> None:
    wrong = []
    for message in sentences(read_catalogue(path, path.parent.name)):
        wrong += [(ids_of(message), fault) for fault in find_faults(message)]
        expected = sorted(MARKUP.findall(ids_of(message)[0]))
        different = [each for each in forms_of(message) if sorted(MARKUP.findall(each)) != expected]
        wrong += [(ids_of(message), each) for each in different]
    assert wrong == []
