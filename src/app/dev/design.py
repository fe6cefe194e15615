"""What a designer is told of tokens and templates, from the templates' own headers.

`python -m app.dev.design` writes it into docs/design.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, meta

from app.dev.message_examples import message_values, messages
from app.dev.rendering import files_of
from app.domain.i18n import ENGLISH
from app.web.brand import STATIC, STYLE
from app.web.overrides import PARTIALS
from app.web.templates import FILTERS, build_environment
from app.web.tokens import DARK, LIGHT, read_tokens

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "design.md"
MADE = "<!-- From here on made by `make docs`, from the headers of the templates. -->"
COMMENT = re.compile(r"\{#-?(.*?)-?#\}", re.DOTALL)
SECTION = re.compile(r"(Needs(?: nothing\b|(?= what\b)|:)|Can be set:|Blocks:)")
ITEM = re.compile(r"`?(\w+)`?(?:\s*[(:]\s*(.*?)\)?)?$", re.DOTALL)
REFERENCE = re.compile(r"(?:(with \w+) )?what ([\w/]+\.html) (?:does|needs|shows)$")


@dataclass(frozen=True, slots=True)
class Input:
    """`meaning` is '' for a name that says it all."""

    name: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What a template says of itself at its top. `includes` are templates whose inputs it needs
    too; `optional` can be left out.
    """

    summary: str = ""
    needs: tuple[Input, ...] = ()
    includes: tuple[str, ...] = ()
    optional: tuple[Input, ...] = ()
    blocks: tuple[Input, ...] = ()


def parse_header(source: str) -> Header:
    """Of a template without one, an empty one. Raises ValueError for one that cannot be read."""
    found = COMMENT.search(source)
    if found is None:
        return Header()
    summary, *sections = SECTION.split(" ".join(found[1].split()))
    read: dict[str, list[str]] = {}
    rest = []
    for title, text in zip(sections[::2], sections[1::2], strict=True):
        listed, after = _first_sentence(text)
        rest.append(after)
        read.setdefault(title.partition(" ")[0].strip(":"), []).extend(_items(listed))
    needs = [item for item in read.get("Needs", []) if not REFERENCE.match(item)]
    references = [found for item in read.get("Needs", []) if (found := REFERENCE.match(item))]
    return Header(
        " ".join(filter(None, [summary.strip(), *(each.strip() for each in rest)])),
        tuple(map(_input, needs)),
        tuple(found[2] for found in references),
        tuple(map(_input, read.get("Can", []))),
        tuple(map(_input, read.get("Blocks", []))),
    )


def _first_sentence(text: str) -> tuple[str, str]:
    """Up to the first full stop that ends a sentence and is in no brackets."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "." and not depth and text[at + 1 : at + 2] in ("", " "):
            return text[:at], text[at + 1 :]
    return text, ""


def _items(text: str) -> Iterator[str]:
    """Divided by commas, semicolons and `and`; what follows a colon goes as far as a semicolon."""
    item, depth, listing = "", 0, False
    for piece in re.findall(r"\s?\band\b\s|[(),;:]|[^(),;:\s]+|\s+", text):
        depth += (piece == "(") - (piece == ")")
        listing = (listing or (piece == ":" and not depth)) and piece != ";"
        divides = piece == ";" or (piece.strip() in (",", "and") and not listing)
        if divides and not depth:
            yield from filter(None, [item.strip()])
            item = ""
        else:
            item += piece
    yield from filter(None, [item.strip()])


def _input(item: str) -> Input:
    found = ITEM.match(item)
    if found is None:
        raise ValueError(f"{item!r} is no name of an input")
    return Input(found[1], found[2] or "")


def read_header(path: str | None) -> Header:
    """Of a template by its file. One that cannot be read is shown as it stands."""
    source = Path(path or "").read_text()
    try:
        return parse_header(source)
    except ValueError:
        found = COMMENT.search(source)
        return Header(found[1] if found else "")


# The document.


def write_document(text: str) -> str:
    """What stands in `text` by hand, and then all that is made."""
    by_hand = text.partition(MADE)[0].rstrip()
    return "\n".join(
        [by_hand, "", MADE, "", *_token_lines(), *_template_lines(), *_message_lines(), ""]
    )


def _token_lines() -> Iterator[str]:
    """A name without a dark value has the same one in both schemes."""
    schemes = read_tokens((STATIC / STYLE).read_text()).schemes
    yield from ("## Tokens", "", "| token | light | dark |", "| --- | --- | --- |")
    for name, token in schemes[LIGHT].items():
        dark = schemes[DARK].get(name)
        yield f"| `--{name}` | `{token.value}` | {f'`{dark.value}`' if dark else ''} |"
    yield ""


def _template_lines() -> Iterator[str]:
    yield from ("## Templates", "")
    names = sorted(str(path.relative_to(PARTIALS)) for path in PARTIALS.rglob("*.html"))
    shown = [(name, parse_header((PARTIALS / name).read_text())) for name in names]
    for name, header in shown:
        if header.summary and not name.startswith("dev/"):
            yield from (f"### `{name}`", "", header.summary.replace("<", "&lt;"), "")
            lines = [
                *_listed("Needs", header.needs),
                *(f"- Needs what `{other}` does." for other in header.includes),
                *_listed("Can be set", header.optional),
                *_listed("Blocks", header.blocks),
            ]
            yield from ([*lines, ""] if lines else [])


def _message_lines() -> Iterator[str]:
    """By what its parts share: which of the values it uses that all messages are given."""
    yield from ("## Mails and texts", "", "| template | uses |", "| --- | --- |")
    environment = build_environment(ENGLISH)
    environment.filters |= FILTERS
    given = message_values().keys()
    for example in messages():
        if example.state == "normal":
            used = set().union(*(_names(environment, file) for file in files_of(example)))
            yield f"| `{example.template}` | {', '.join(f'`{n}`' for n in sorted(used & given))} |"


def _names(environment: Environment, template: str) -> set[str]:
    """Those that a template uses, and those that it extends or includes."""
    source = (PARTIALS / template).read_text()
    tree = environment.parse(source)
    names = meta.find_undeclared_variables(tree)
    for other in meta.find_referenced_templates(tree):
        names |= _names(environment, str(other))
    return names


def _listed(title: str, inputs: tuple[Input, ...]) -> Iterator[str]:
    if inputs:
        words = [f"`{each.name}`{f' ({each.meaning})' if each.meaning else ''}" for each in inputs]
        yield f"- {title}: {', '.join(words)}."


if __name__ == "__main__":
    DOCUMENT.write_text(write_document(DOCUMENT.read_text()))
