"""Internationalization: the language of whoever reads, and sentences that wait for it.

English is the message id, as gettext has it. `_` and `ngettext` make sentences that are put into
the reader's language where they are shown, so that a refusal holds an id and its values.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from gettext import NullTranslations

from babel import Locale
from markupsafe import escape

# After a letter that stands alone: e-mail, e-post.
HARD_HYPHEN = "\N{NON-BREAKING HYPHEN}"
BREAKING_HYPHEN = re.compile(r"(?<![\w-])([^\W\d_]-)(?=\w)")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """`code` as HTML's `lang` has it (BCP 47); `translations` from English to it, `version` tells
    one state of them from another.
    """

    code: str
    locale: Locale
    translations: NullTranslations
    version: str = ""

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, as HTML's `dir` has it."""
        return str(self.locale.text_direction)

    @property
    def name(self) -> str:
        """In itself: Deutsch."""
        return str(self.locale.get_language_name() or self.code).capitalize()


# Dates as in 29 January 2027, which no reader takes for another.
ENGLISH = Language("en", Locale("en", "GB"), NullTranslations())

# Of the request, or of the message that is being written.
current_language: ContextVar[Language] = ContextVar("current_language", default=ENGLISH)
# The name of their time zone (IANA), such as Europe/Stockholm; '' where it is not known.
current_zone: ContextVar[str] = ContextVar("current_zone", default="")


@contextmanager
def reading(language: Language, zone: str | None = None) -> Iterator[None]:
    """Inside, words are for someone who reads that language, by the clock of that time zone; None
    for the zone that it is.
    """
    language_before = current_language.set(language)
    zone_before = current_zone.set(current_zone.get() if zone is None else zone)
    try:
        yield
    finally:
        current_language.reset(language_before)
        current_zone.reset(zone_before)


def current_reader() -> dict[str, str]:
    """Of whom a request is, as rows keep it."""
    return {"language": current_language.get().code, "zone": current_zone.get()}


def join_hyphens(sentence: str) -> str:
    """With a word joiner (U+2060) where browsers would break a line within `e-mail`. It has no
    width, and search finds the word all the same.
    """
    return BREAKING_HYPHEN.sub("\\1\N{WORD JOINER}", sentence)


def harden_hyphens(sentence: str) -> str:
    """The same for mails, some of whose readers draw a box for a word joiner: with U+2011."""
    return BREAKING_HYPHEN.sub(lambda it: it[1][0] + HARD_HYPHEN, sentence)


class LazyText:
    """A sentence that `str` puts into the current language. Values are put in by `%(name)s`, and
    may be lazy themselves.
    """

    __slots__ = ("_count", "_plural", "_text", "_values")

    def __init__(
        self, text: str, values: Mapping[str, object], plural: str = "", count: int = 0
    ) -> None:
        self._text, self._values, self._plural, self._count = text, values, plural, count

    def __str__(self) -> str:
        return self._fill(self._translate())

    def __html__(self) -> str:
        """As pages show it."""
        return escape(self._fill(join_hyphens(self._translate())))

    def _translate(self) -> str:
        translations = current_language.get().translations
        if self._plural:
            return translations.ngettext(self._text, self._plural, self._count)
        return translations.gettext(self._text)

    def _fill(self, text: str) -> str:
        return text % self._values if self._values else text

    def __repr__(self) -> str:
        return f"LazyText({self._text!r}, {dict(self._values)!r})"


Text = str | LazyText  # for people to read; `str` of it is in their language


def _(text: str, **values: object) -> LazyText:
    """A sentence. With values, a percent sign is written `%%`."""
    return LazyText(text, values)


def N_(text: str) -> str:  # noqa: N802 - as gettext calls it
    """Marks a sentence for the catalogues that gets its values later, by `_`."""
    return text


def ngettext(one: str, many: str, count: int, **values: object) -> LazyText:
    """One that depends on a number, which it has as `%(num)s`."""
    return LazyText(one, {"num": count, **values}, many, count)
