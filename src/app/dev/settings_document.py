"""Every setting for people to read: what it is by its declaration, and what it is for.

`python -m app.dev.settings_document` writes all of them into .env.example, and tables of them into
docs/configure.md.
"""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from textwrap import wrap

from app.settings import Settings, read_values
from app.settings.descriptions import GROUPS, Description
from app.settings.environment import Reader
from app.settings.unknown import names_read

ROOT = Path(__file__).parents[3]
EXAMPLE, DOCUMENT = ROOT / ".env.example", ROOT / "docs" / "configure.md"
MADE = "<!-- From here on made by `make docs`, from src/app/settings. -->"
WIDTH = 120  # characters of a line of .env.example
PAGE = re.compile(r"\bdocs/([a-z-]+\.md)")
HEAD = """\
# Every setting of Latchkey, made by `make docs` from src/app/settings. A name behind a #
# has its default or an example. A secret can also come from a file:
# NAME_FILE=/run/secrets/name instead of NAME=...
"""


def read_defaults() -> dict[str, str]:
    """By the name of the field, as the environment would have it; '' for none."""
    unset = read_values(Reader({}))
    return {each.name: _written(getattr(unset, each.name)) for each in fields(Settings)}


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None or value == {} else str(value)


def write_example() -> str:
    """The whole of .env.example."""
    defaults = read_defaults()
    blocks = ["\n".join(_example_lines(title, group, defaults)) for title, group in GROUPS.items()]
    return "\n".join([HEAD, *blocks])


def _example_lines(
    title: str, group: dict[str, Description], defaults: dict[str, str]
) -> Iterator[str]:
    yield f"## {title}"
    for name, described in group.items():
        needed = f" Needed {described.needed}." if described.needed else ""
        yield ""
        yield from (f"# {line}" for line in wrap(described.text + needed, WIDTH - 2))
        yield f"#{name.upper()}={described.example or defaults[name]}"
    yield ""


def write_document(text: str) -> str:
    """What stands in `text` by hand, and then all that is made."""
    by_hand = text.partition(MADE)[0].rstrip()
    return "\n".join([by_hand, "", MADE, "", *_tables()])


def _tables() -> Iterator[str]:
    defaults, known = read_defaults(), names_read({})
    yield from ("## All settings", "")
    for title, group in GROUPS.items():
        yield from (f"### {title}", "")
        yield from (
            "| setting | is | default, or an example | needed |",
            "| --- | --- | --- | --- |",
        )
        for name, described in group.items():
            yield _row(name.upper(), described, defaults[name], f"{name.upper()}_FILE" in known)
        yield ""


def _row(name: str, described: Description, default: str, is_secret: bool) -> str:
    names = f"`{name}`, `{name}_FILE`" if is_secret else f"`{name}`"
    shown = (
        f"such as `{described.example}`" if described.example else f"`{default}`" * bool(default)
    )
    text = PAGE.sub(r"[\1](\1)", described.text)
    return f"| {names} | {text} | {shown} | {described.needed} |"


if __name__ == "__main__":
    EXAMPLE.write_text(write_example())
    DOCUMENT.write_text(write_document(DOCUMENT.read_text()))
