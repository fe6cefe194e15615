"""The words of a journey in another language: what is pressed is translated, what is read is put
back into English, so that a journey is written once. A text that no catalogue has is an error, and
so is one that names us where the brand is another.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from html import unescape
from pathlib import Path

from babel.dates import format_timedelta
from babel.messages.catalog import Message

from app.domain.catalogues import read_catalogue
from app.domain.moments import Unit

PRODUCT = "Latchkey"
CLEAR = 8  # letters of a sentence beside its values
MARKUP = re.compile(r"<[^>]*>")
VALUE = re.compile(r"%\((\w+)\)s")
BETWEEN = re.compile(r"\s+(?:–\s+)?")
# What is the same in all languages: numbers, addresses, codes, prices.
SAME = re.compile(r"[^A-Za-z]*|\S+@\S+|[A-Z]{2,3}|Acme|[a-z ]+ sign-on")


class NoSuchWords(AssertionError):
    """Plain text that is in no catalogue."""


class WrongBrand(AssertionError):
    """Plain text that names another brand than its reader is at."""


class Words:
    """`paths` are catalogues, the first go before others; `brand` stands in place of ours."""

    def __init__(self, language: str, brand: str, *paths: Path) -> None:
        self._brand, self.locale = brand, f"{language}-US"
        pairs = [*(pair for path in paths for pair in _pairs(path, language)), *_waits(language)]
        self._english = [english for english, _ in pairs]
        self._to_theirs = _Table(pairs), _Table(pairs[::-1])
        self._to_english = _Table([pair[::-1] for pair in pairs])

    def translate(self, english: str) -> list[str]:
        """With other words where the same English has parts for screen readers alone."""
        return [table.convert(english) for table in self._to_theirs]

    def translate_beginning(self, english: str) -> list[str]:
        """Of all that begins so."""
        found = {each for each in self._english if each.startswith(english) and "%(" not in each}
        return [text for each in sorted(found) or [english] for text in self.translate(each)]

    def read_message(self, text: str) -> str:
        """Someone else may have asked for it, in English."""
        try:
            return self.read(text)
        except NoSuchWords:
            return text.replace(self._brand, PRODUCT)

    def read(self, text: str) -> str:
        """Line by line, in English."""
        if PRODUCT in text:
            raise WrongBrand(text)
        lines = [self._to_english.convert(line) for line in text.splitlines()]
        return "\n".join(lines).replace(self._brand, PRODUCT)


class _Table:
    """Sentences of one language by those of another."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        known: dict[str, str] = {}
        for one, other in pairs:
            known.setdefault(one, other)
        self._exact = {one: other for one, other in known.items() if "%(" not in one}
        with_values = sorted(known.keys() - self._exact.keys(), key=_letters, reverse=True)
        self._patterns, self._vague = (
            [(_pattern(one), known[one]) for one in with_values if (_letters(one) < CLEAR) is vague]
            for vague in (False, True)
        )
        self.convert = cache(self._convert)

    def _convert(self, text: str) -> str:
        """Raises `NoSuchWords`."""
        found = self._find(text)
        if found is None:
            raise NoSuchWords(text)
        return found

    def _find(self, text: str) -> str | None:
        """As a whole, else as the longest beginning that is known, and what follows it; last by a
        sentence that is little more than its values, which many a text would fit.
        """
        whole = self._find_whole(text)
        if whole is not None:
            return whole
        for between in reversed([*BETWEEN.finditer(text)]):
            first = self._find_whole(text[: between.start()])
            rest = None if first is None else self._find(text[between.end() :])
            if rest is not None:
                return f"{first}{between[0]}{rest}"
        return self._find_filled(text, self._vague)

    def _find_whole(self, text: str) -> str | None:
        if text in self._exact:
            return self._exact[text]
        found = self._find_filled(text, self._patterns)
        return text if found is None and SAME.fullmatch(text) else found

    def _find_filled(self, text: str, patterns: list[tuple[re.Pattern[str], str]]) -> str | None:
        for pattern, other in patterns:
            if match := pattern.fullmatch(text):
                values = match.groupdict().items()
                return other % {name: self._find(value) or value for name, value in values}
        return None


def _letters(sentence: str) -> int:
    """How many it has beside its values."""
    return len(re.findall(r"\w", VALUE.sub("", sentence)))


def _pattern(sentence: str) -> re.Pattern[str]:
    """A value that is there twice is the same each time, and none goes on after a title."""
    written, known = "", set[str]()
    for text, name in batched_pieces(sentence):
        written += re.escape(text.replace("%%", "%"))
        if name:
            written += f"(?P={name})" if name in known else f"(?P<{name}>(?:(?! – ).)+?)"
            known.add(name)
    return re.compile(written)


def batched_pieces(sentence: str) -> Iterator[tuple[str, str]]:
    """Each text with the name of the value behind it, '' for none."""
    pieces = [*VALUE.split(sentence), ""]
    return zip(pieces[::2], pieces[1::2], strict=True)


def _pairs(path: Path, language: str) -> Iterator[tuple[str, str]]:
    for message in read_catalogue(path, language):
        if message.id:
            yield from _forms(message)


def _forms(message: Message) -> Iterator[tuple[str, str]]:
    if isinstance(message.id, tuple | list):
        one, many = message.id
        first, *others = message.string
        yield from ((_plain(many), _plain(each)) for each in others)
        yield _plain(one), _plain(first)
    else:
        yield _plain(message.id), _plain(message.string)


def _plain(text: str) -> str:
    """As a browser shows it."""
    return " ".join(unescape(MARKUP.sub("", text)).split())


def _waits(language: str) -> Iterator[tuple[str, str]]:
    """As CLDR says them."""
    lengths: dict[Unit, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
    for unit, seconds in lengths.items():
        for count in range(-60, 61):
            for direction in (True, False):
                one, other = (
                    format_timedelta(
                        timedelta(seconds=count * seconds),
                        granularity=unit,
                        threshold=1e9,
                        add_direction=direction,
                        locale=locale,
                    )
                    for locale in ("en", language)
                )
                yield one, other
