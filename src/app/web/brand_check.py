"""The check of a brand: what of its folder is wrong, and where."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import PoFileError
from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from app.domain.catalogues import (
    compile_catalogue,
    find_placeholders,
    find_torn_lines,
    list_forms,
    read_catalogue,
)
from app.domain.i18n import ENGLISH
from app.domain.languages import CATALOGUES, FOLDER
from app.web.brand import IMAGES, STATIC, STYLE, UNSAFE, VIEW_BOX
from app.web.hooks import find_lost_hooks, find_unknown_blocks, named_templates
from app.web.overrides import PARTIALS, Overrides, read_ours
from app.web.templates import build_environment
from app.web.tokens import SCHEMES, Token, Tokens, contrast, is_colour, long_colour, read_tokens

ROOT = FOLDER.parent
# WCAG 2.2, 1.4.3 and 1.4.11: of texts, and of what shows where something is.
TEXT, SHAPE = 4.5, 3.0
# Colours that are seen on others, and the least contrast of the two.
PAIRS = (
    *((one, on, TEXT) for on in ("paper", "sheet", "note", "heed-bg", "wrong-bg")
      for one in ("ink", "soft", "accent")),
    *(("accent-strong", on, TEXT) for on in ("paper", "sheet", "note")),
    ("on-accent", "accent", TEXT), ("on-accent", "accent-strong", TEXT),
    *(("wrong", on, TEXT) for on in ("paper", "sheet", "wrong-bg")), ("sheet", "wrong", TEXT),
    ("heed", "sheet", TEXT), ("heed", "heed-bg", TEXT), ("well", "sheet", TEXT),
    ("on-band", "band", TEXT), ("band-soft", "band", TEXT), ("band-accent", "band", TEXT),
    ("band-accent-strong", "band", TEXT), ("on-band-accent", "band-accent", TEXT),
    ("on-band-accent", "band-accent-strong", TEXT), ("band-edge", "band", SHAPE),
    *(("edge", on, SHAPE) for on in ("paper", "sheet", "note")),
    ("trim", "paper", SHAPE), ("trim", "sheet", SHAPE),
)  # fmt: skip
FOLDERS = ("messages", "templates", "words")
KEYWORDS = DEFAULT_KEYWORDS | {"N_": None}
TRIMMED = {"newstyle_gettext": "true", "trimmed": "true"}  # as in babel.cfg
NO_TOKEN = re.compile(r"color-scheme\s*:")  # which a style sheet may say too


@dataclass(frozen=True, slots=True)
class Finding:
    file: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}"


def check_brand(folder: Path, labels: Collection[str] = ()) -> list[Finding]:
    """All that is wrong; nothing where the folder has nothing of its own. `labels` are those of
    LEGAL_LINKS, which have words too.
    """
    return [
        *_check_kinds(folder),
        *_check_style(folder / "brand.css"),
        *(found for name in IMAGES for found in _check_image(folder / name)),
        *_check_templates(folder),
        *_check_all_words(folder, labels),
    ]


def _check_kinds(folder: Path) -> Iterator[Finding]:
    for path in (*(folder / name for name in ("brand.css", *IMAGES)), *folder.glob("words/*")):
        if path.is_dir():
            yield Finding(path, 1, "it is a folder, and a file is read")
    for path in (folder / name for name in FOLDERS):
        if path.exists() and not path.is_dir():
            yield Finding(path, 1, "it is a file, and a folder is read")
    known = {"brand.css", *IMAGES, *FOLDERS}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in known and path.name[0] not in "._":
            near = get_close_matches(path.name.lower(), FOLDERS, 1)
            hint = f"is {near[0]} meant?" if near else f"they are {', '.join(FOLDERS)}"
            yield Finding(path, 1, f"nothing is read from a folder of this name; {hint}")


def _check_style(path: Path) -> Iterator[Finding]:
    if not path.is_file():
        return
    theirs = read_tokens(path.read_text(errors="replace"))
    ours = read_tokens((STATIC / STYLE).read_text())
    for line, text in theirs.strange:
        if not NO_TOKEN.match(text):
            rule = "only tokens of :root are read, here and in the dark scheme"
            yield Finding(path, line, f"{text.splitlines()[0]}: {rule}")
    for scheme in SCHEMES.values():
        yield from _check_values(path, scheme, ours, theirs)
        yield from _check_contrast(path, scheme, ours, theirs)


def _check_values(path: Path, scheme: str, ours: Tokens, theirs: Tokens) -> Iterator[Finding]:
    known, given = ours.schemes[scheme], theirs.schemes[scheme]
    colours = {name for name, token in known.items() if is_colour(token.value)}
    for name, token in given.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; is --{near[0]} meant?" if near else ""
            yield Finding(path, token.line, f"--{name} is no token of the {scheme} scheme{hint}")
        elif name in colours and not is_colour(token.value):
            yield Finding(path, token.line, f"--{name} must be a colour such as #0f4f46")
        elif UNSAFE.search(token.value):
            yield Finding(path, token.line, f"--{name} may not have url(), <, > or a backslash")
    if any(colours & {*tokens} for tokens in theirs.schemes.values()):
        for name in sorted(colours - {*given}):
            value = known[name].value
            yield Finding(path, 1, f"--{name} is missing in the {scheme} scheme: ours is {value}")


def _check_contrast(path: Path, scheme: str, ours: Tokens, theirs: Tokens) -> Iterator[Finding]:
    given = {n: t for n, t in theirs.schemes[scheme].items() if is_colour(t.value)}
    tokens: dict[str, Token] = ours.schemes[scheme] | given
    for one, other, least in PAIRS:
        if one in given or other in given:
            ratio = contrast(*(long_colour(tokens[name].value) for name in (one, other)))
            line = given.get(one, given.get(other, tokens[one])).line
            if ratio < least:
                found = f"has a contrast of {ratio:.2f} in the {scheme} scheme, at least {least}"
                yield Finding(path, line, f"--{one} on --{other} {found} is needed")


def _check_image(path: Path) -> Iterator[Finding]:
    if not path.is_file():
        return
    text = path.read_text(errors="replace")
    try:
        ParserCreate().Parse(text, True)
    except ExpatError as error:
        yield Finding(path, error.lineno, f"it is no SVG: {error}")
    if not VIEW_BOX.search(text):
        yield Finding(path, 1, "the viewBox is missing, which says how wide it is")
    for found in re.finditer(r"<script|\bon\w+=", text):
        yield Finding(path, text.count("\n", 0, found.start()) + 1, "scripts are not run")


def _check_templates(folder: Path) -> Iterator[Finding]:
    overrides = Overrides(folder)
    environment, names = build_environment(ENGLISH), overrides.names()
    sources = {name: path.read_text(errors="replace") for name, path in names.items()}
    used = {each for source in sources.values() for each in named_templates(source)}
    for name, path in names.items():
        try:
            tree = environment.parse(sources[name], name, str(path))
        except TemplateSyntaxError as error:
            yield Finding(path, error.lineno, error.message or "it cannot be read")
            continue
        for each in sorted(named_templates(sources[name])):
            if overrides.read(each) is None:
                quoted = re.search(f"[\"']{re.escape(each)}[\"']", sources[name])
                line = sources[name].count("\n", 0, quoted.start() if quoted else 0) + 1
                yield Finding(path, line, f"there is no template {each}")
        given = find_undeclared_variables(tree) - _known_names()
        for node in tree.find_all(nodes.Name):
            if node.name in given:
                yield Finding(path, node.lineno, f"{node.name} is given to no template")
        if read_ours(name) is None and name not in used:
            yield Finding(path, 1, "we have no template of this path, and none of yours uses it")
        for lost in find_lost_hooks(name, read_ours, overrides.read):
            yield Finding(path, 1, lost)
        for block in find_unknown_blocks(name, read_ours, overrides.read):
            line = sources[name][: sources[name].index(f"block {block}")].count("\n") + 1
            yield Finding(path, line, f"nothing that it extends has a block {block}")


@lru_cache(1)
def _known_names() -> set[str]:
    """Whatever our templates name, in their code or in the comments that say what they need."""
    paths = [path for path in PARTIALS.rglob("*.*") if path.suffix in (".html", ".txt")]
    return {name for path in paths for name in re.findall(r"[a-z_]\w*", path.read_text())}


def _check_all_words(folder: Path, labels: Collection[str]) -> Iterator[Finding]:
    own: set[object] = {*labels} | {
        found[1]
        for path in Overrides(folder).names().values()
        for found in extract("jinja2", BytesIO(path.read_bytes()), KEYWORDS, options=TRIMMED)
    }
    for path in sorted(path for path in folder.glob("words/*") if path.is_file()):
        yield from _check_words(path, own)


def _check_words(path: Path, own: set[object]) -> Iterator[Finding]:
    """`own` are sentences of their templates, and labels."""
    if path.suffix != ".po" or path.stem not in CATALOGUES:
        names = ", ".join(f"{code}.po" for code in CATALOGUES)
        yield Finding(path, 1, f"no language is read from it: they are {names}")
        return
    if torn := [*find_torn_lines(path.read_text(errors="replace"))]:
        rule = 'a text stands between two quotes, and one within it is written \\"'
        yield from (Finding(path, line, rule) for line in torn)
        return
    try:
        messages = [each for each in read_catalogue(path, path.stem) if each.id]
        GNUTranslations(BytesIO(compile_catalogue(path, path.stem)))  # which reads the plural rule
    except (PoFileError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None) or 1
        yield Finding(path, line, f"it cannot be read: {error}")
        return
    for message in messages:
        line, sentence = message.lineno or 1, list_forms(message.id)[0]
        wanted = find_placeholders(message.id)
        if message.id not in own and not _is_ours(message.id):
            near = get_close_matches(sentence, _sentences(), 1, 0.8)
            hint = f"; is “{near[0]}” meant?" if near else ""
            yield Finding(path, line, f"there is no sentence “{sentence}”{hint}")
        elif any(wanted != find_placeholders(text) for text in _translations(message)):
            names = ", ".join(sorted(wanted)) or "none"
            yield Finding(path, line, f"“{sentence}” has other placeholders: they are {names}")


def _is_ours(sentence: object) -> bool:
    """The catalogues are read first: to look through the sources takes half a second."""
    return sentence in _catalogued() or sentence in _extracted()


@lru_cache(1)
def _catalogued() -> set[object]:
    found = [path for code in CATALOGUES if (path := FOLDER / code / "messages.po").exists()][:1]
    return {each.id for path in found for each in read_catalogue(path, path.parent.name)}


@lru_cache(1)
def _sentences() -> list[str]:
    return [form for each in _catalogued() for form in list_forms(each)]


@lru_cache(1)
def _extracted() -> set[object]:
    with (ROOT / "babel.cfg").open() as file:
        mapped: Any = parse_mapping_cfg
        methods, options = mapped(file)
    found = extract_from_dir(
        ROOT, methods, options, KEYWORDS, directory_filter=lambda path: "/." not in path
    )
    return {each[2] for each in found}


def _translations(message: Message) -> list[str]:
    """None of a plural, whose forms may leave the number out."""
    forms = list_forms(message.string)
    return forms if len(forms) == 1 else []
