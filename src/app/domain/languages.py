"""The languages there are: a folder with a catalogue of each, and which of them someone reads."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path

from babel import Locale

from app import ROOT
from app.domain.i18n import ENGLISH, Language

log = logging.getLogger("app.brand")

FOLDER = ROOT / "locales"
TRANSLATED = sorted({path.parent.name for path in FOLDER.glob("*/messages.po")} - {"en"})
CATALOGUES = ("en", *TRANSLATED)  # the codes of all languages
COMPILED = Path(__file__).parent / "__pycache__"
LONGEST_HEADER, MOST_TAGS = 200, 8  # of Accept-Language; nobody reads more than a few


class Languages:
    """Those that people are offered, the first of them by default. A catalogue is read when the
    first of its readers comes: 3 ms, and 0.1 s where it has changed since the last start. `own` is
    a folder with a catalogue of each language, `de.po`, whose sentences go before.
    """

    def __init__(
        self, offered: tuple[str, ...], folder: Path = FOLDER, own: Path | None = None
    ) -> None:
        self._folder, self._own, self.offered = folder, own, offered
        self._known: dict[str, Language] = {}

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Of all that are offered, by their codes: each in itself, so that its readers find it."""
        return tuple((language.code, language.name) for language in self)

    def get(self, code: str) -> Language:
        """The default for one that is not offered."""
        code = code if code in self.offered else self.offered[0]
        language = self._known.get(code)
        if language is None:
            language = self._known[code] = load_language(code, self._folder, self._own)
        return language

    def refresh(self) -> None:
        """Reads the catalogues again, for whoever is editing them. Raises what a broken one does,
        which stays as it was.
        """
        for code in [*self._known]:
            self._known[code] = load_language(code, self._folder, self._own)

    def __iter__(self) -> Iterator[Language]:
        return (self.get(code) for code in self.offered)

    def negotiate(self, accept_language: str) -> str:
        """What is offered of the languages that a browser prefers (RFC 4647, 3.4: lookup)."""
        return _find_offered(accept_language[:LONGEST_HEADER], self.offered)


@lru_cache(512)
def _find_offered(accept_language: str, offered: tuple[str, ...]) -> str:
    by_key = {code.lower(): code for code in offered}
    for tag in preferred_tags(cut_header(accept_language)):
        parts = tag.lower().split("-")
        for end in range(len(parts), 0, -1):
            if code := by_key.get("-".join(parts[:end])):
                return code
    return offered[0]


def cut_header(accept_language: str) -> str:
    """As much of it as is read, and remembered."""
    return ",".join(accept_language[:LONGEST_HEADER].split(",")[:MOST_TAGS])


def preferred_tags(accept_language: str) -> list[str]:
    """Language tags, the most wanted first (RFC 9110, 12.5.4)."""
    ranked: list[tuple[float, int, str]] = []
    for part in accept_language.split(","):
        tag, *parameters = (each.strip() for each in part.split(";"))
        weight = _quality(parameters)
        if tag and weight > 0:
            ranked.append((-weight, len(ranked), tag))
    return [tag for _, _, tag in sorted(ranked)]


def _quality(parameters: list[str]) -> float:
    """From 0 (not wanted) to 1; what is neither counts as 0."""
    try:
        weight = float(parameters[0].lower().removeprefix("q=")) if parameters else 1.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def load_language(code: str, folder: Path = FOLDER, own: Path | None = None) -> Language:
    """From its catalogue, which English needs not, and from what goes before it in `own`."""
    language, path = ENGLISH, folder / code / "messages.po"
    if code != "en" or path.exists():
        locale = Locale.parse(code, sep="-")
        language = Language(code, locale, *_load_translations(path, code))
    theirs = own / f"{code}.po" if own else None
    if theirs is None or not theirs.exists():
        return language
    try:
        translations, version = _load_translations(theirs, code)
    except Exception:  # whatever is in it: nobody is refused a page for it
        log.exception("words of the brand cannot be read", extra={"file": str(theirs)})
        return language
    translations.add_fallback(language.translations)
    return Language(code, language.locale, translations, language.version + version)


def _load_translations(path: Path, code: str) -> tuple[NullTranslations, str]:
    """As `gettext` reads them, and their version. Compiled beside Python's own bytecode when they
    are new; a folder that cannot be written to costs each start the time, and nothing else.
    """
    version = sha256(path.read_bytes()).hexdigest()[:16]
    kept = COMPILED / f"{code}.{version}.mo"
    with suppress(OSError), kept.open("rb") as file:
        return GNUTranslations(file), version
    # Not with the others: it takes 12 ms to import, which most starts need not.
    compiler = import_module("app.domain.catalogues")
    compiled: bytes = compiler.compile_catalogue(path, code)
    with suppress(OSError):
        kept.write_bytes(compiled)
    return GNUTranslations(BytesIO(compiled)), version
