"""Catalogues of translations (`.po`): read, checked and compiled to what `gettext` reads."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
TEXT_LINE = re.compile(r'(?:(?:msg[a-z_]+)(?:\[[0-9]\])?\s+)?"(?:[^"\\]|\\.)*"')
LONE_PERCENT = re.compile(r"%(?!\(\w+\)s|%)")


def compile_catalogue(path: Path, code: str) -> bytes:
    """In the form of `.mo`, without what is faulty or not sure: there, English is shown."""
    catalogue = read_catalogue(path, code)
    for message in [each for each in catalogue if each.id and any(find_faults(each))]:
        catalogue.delete(message.id, message.context)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def read_catalogue(path: Path, code: str) -> Catalog:
    """Of the language of that code. Raises `PoFileError` for what is no catalogue, and `ValueError`
    or `LookupError` for a header that cannot be read.
    """
    locale = code.replace("-", "_")
    return read_po(BytesIO(path.read_bytes()), locale=locale, abort_invalid=True)


def find_torn_lines(source: str) -> Iterator[int]:
    """Numbers of the lines of a catalogue with a quote too few or too many, which are read all the
    same, without their last letter.
    """
    for number, line in enumerate(map(str.strip, source.splitlines()), 1):
        if '"' in line and not line.startswith("#") and not TEXT_LINE.fullmatch(line):
            yield number


def find_faults(message: Message) -> Iterator[str]:
    """What would be an error where the sentence is shown."""
    known = find_placeholders(message.id)
    for text in list_forms(message.string):
        for name in sorted(find_placeholders(text) - known):
            yield f"%({name})s is not in the English sentence"
        if known and LONE_PERCENT.search(text):
            yield "a percent sign is written %%"


def find_placeholders(sentence: object) -> set[str]:
    """Names of the values in it, or in any of its forms."""
    return {name for text in list_forms(sentence) for name in PLACEHOLDER.findall(text)}


def list_forms(sentence: object) -> list[str]:
    """Of a plural, those that there are; else the sentence, or nothing for an empty one."""
    forms = sentence if isinstance(sentence, tuple | list) else [sentence]
    return [str(form) for form in forms if form]
