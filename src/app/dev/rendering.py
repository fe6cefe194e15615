"""Examples as they are shown: rendered in any language, also in those that nobody reads."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from itertools import cycle
from typing import Any

from app.dev.examples import list_examples
from app.dev.flow_examples import Example
from app.dev.message_examples import MESSAGES
from app.domain.i18n import ENGLISH, Language
from app.domain.languages import Languages
from app.web.templates import Templates

DOCUMENT, FRAGMENT = "_shell/document.html", "dev/_fragment.html"
# What each page is given (`web/page.py`), and a code has (`code_entry.py`).
GIVEN: Mapping[str, Any] = {
    "shell": DOCUMENT,
    "csrf_token": "example",
    "notice": "",
    "signed_in_as": None,
    "refusal": None,
}

# Languages that nobody reads. They are made from the English while a page is rendered: one that is
# longer than any that people read, and one that goes from right to left.

KEPT = re.compile(r"%\(\w+\)s|%%|<[^>]*>|&\w+;|\{[^}]*\}|@|#")  # in a sentence, but not its words
ACCENTED = str.maketrans("aceginosuyzACEGINOSUYZ", "áçéĝíñóşúýžÁÇÉĜÍÑÓŞÚÝŽ")
FILLING = ("löñĝéŕ", "ýéţ", "ẃóŕđş")
GROWTH = 0.4  # of the length of a sentence
RLO, PDF, RLM = "\u202e", "\u202c", "\u200f"  # right-to-left override, its end, and a mark


def lengthen(text: str) -> str:
    """With accents, 40 % longer, and in brackets, so that a sentence without them was not marked
    for translation.
    """
    words = _change_words(text, lambda part: part.translate(ACCENTED))
    length = len(KEPT.sub("", text))
    fillings, added = cycle(FILLING), ""
    while length and len(added) < length * GROWTH:
        added += f" {next(fillings)}"
    return f"[{words}{added}]" if length else words


def mirror(text: str) -> str:
    """Each word as one of a language that is written from right to left."""
    turned = re.compile(r"[^\W\d_]+")
    return _change_words(
        text, lambda part: turned.sub(lambda word: f"{RLM}{RLO}{word[0]}{PDF}{RLM}", part)
    )


def _change_words(text: str, change: Callable[[str], str]) -> str:
    pieces, end = [], 0
    for kept in KEPT.finditer(text):
        pieces += [change(text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*pieces, change(text[end:])])


class PseudoTranslations(NullTranslations):
    def __init__(self, change: Callable[[str], str]) -> None:
        super().__init__()
        self._change = change

    def gettext(self, message: str) -> str:
        return self._change(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._change(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._change(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


class MirroredLanguage(Language):
    @property
    def direction(self) -> str:
        return "rtl"


# By the tags that CLDR has for such languages.
PSEUDO = {
    "en-XA": Language("en-XA", ENGLISH.locale, PseudoTranslations(lengthen), "1"),
    "ar-XB": MirroredLanguage("ar-XB", ENGLISH.locale, PseudoTranslations(mirror), "1"),
}
PSEUDO_NAMES = {"en-XA": "Accents, 40 % longer", "ar-XB": "Mirrored"}


def find_language(languages: Languages, code: str) -> Language:
    """The default for one that there is not."""
    return PSEUDO.get(code) or languages.get(code)


# Examples.


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` of a page or mail; `text` of a text, or of a mail beside it; "" for what is not."""

    html: str
    subject: str = ""
    text: str = ""


def is_message(example: Example) -> bool:
    return example.template.startswith(MESSAGES)


def is_page(example: Example) -> bool:
    """A screen, such as a person is shown it."""
    folder, _, name = example.template.rpartition("/")
    return folder not in ("_shell", "messages") and not is_fragment(name)


def find_example(template: str, state: str) -> Example | None:
    """In the current language. The first of a template where it has no such state."""
    found = [example for example in list_examples() if example.template == template]
    return next((one for one in found if one.state == state), found[0] if found else None)


def render(templates: Templates, example: Example, direction: str = "") -> Rendered:
    """In the current language; `direction` is '' for its own. Raises what a template does."""
    turned = {"dir": direction} if direction else {}
    if is_message(example):
        return _render_message(templates, example, turned)
    given = {**GIVEN, **example.values, **turned}
    template = templates.get(example.template)
    if is_fragment(example.template) and not template.blocks:
        framed = {"fragment": example.template, **given}
        return Rendered(templates.get(FRAGMENT).render(framed))
    return Rendered(template.render(given))


def is_fragment(template: str) -> bool:
    """One that is part of a page. What begins so and has blocks is extended by pages instead."""
    name = template.rpartition("/")[2]
    return name.startswith("_") or name.endswith(".svg")


def _render_message(templates: Templates, example: Example, turned: dict[str, str]) -> Rendered:
    name, values = example.template.removeprefix(MESSAGES), {**example.values, **turned}
    if name.endswith(".html"):  # what mails extend
        return Rendered(templates.get(example.template).render(values))
    if name.endswith(".txt"):
        return Rendered("", text=templates.render_text(name.removesuffix(".txt"), values))
    subject, text, html = templates.render_email(name, values)
    return Rendered(html, subject, text)


def files_of(example: Example) -> list[str]:
    """Paths of its templates."""
    if not is_message(example) or example.template.endswith((".html", ".txt")):
        return [example.template]
    return [f"{example.template}{end}" for end in (".subject.txt", ".txt", ".html")]
