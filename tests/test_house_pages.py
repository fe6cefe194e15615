"""The rules of the house for style sheets: all directions of writing."""

import re
from pathlib import Path

import pytest

from tests.test_house import STATIC

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"[{;]\s*(-?[a-z][a-z-]*)\s*:\s*([^;{}]+?)\s*(?=[;}])")
# Each has a logical twin, such as `margin-inline-start`, that follows the direction of writing.
PHYSICAL = re.compile(
    r"(?:min-|max-)?(?:width|height)|left|right|top|bottom"
    r"|(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right|top|bottom).*"
    r"|border-(?:top|bottom)-(?:left|right)-radius|(?:overflow|overscroll-behavior)-[xy]"
)
SIDED = re.compile(r"left|right")  # where a value may name a side
WITH_SIDES = {"text-align", "float", "clear", "caption-side"}
FOUR_SIDES = {"margin", "padding", "inset", "border-width", "border-style", "border-color"}


def is_physical(name: str, value: str) -> bool:
    """Whether a declaration stays where it is when the page is read from right to left."""
    sides = re.sub(r"\([^)]*\)", "()", value).split()
    uneven = name in FOUR_SIDES and len(sides) == 4 and sides[1] != sides[3]
    sided = name in WITH_SIDES and SIDED.fullmatch(value) is not None
    return uneven or sided or PHYSICAL.fullmatch(name) is not None


def physical(css: str) -> list[str]:
    declarations = DECLARATION.findall(COMMENT.sub("", css))
    return [f"{name}: {value}" for name, value in declarations if is_physical(name, value)]


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_style_sheets_use_logical_properties_only(sheet: Path) -> None:
    css = sheet.read_text()
    assert len(DECLARATION.findall(css)) > 25
    assert physical(css) == []


@pytest.mark.parametrize(
    "rule",
    ["margin-left: 1px", "padding: 0 1px 0 2px", "text-align: right", "max-width: 3rem", "top: 0"],
)
def test_a_physical_one_is_found_wherever_it_stands(rule: str) -> None:
    for css in (f"a {{ {rule}; }}", f"a:hover {{ color: red; {rule} }}"):
        assert physical(f"@media (max-width: 3rem) {{ {css} }} /* left: 0; */") == [rule]


def test_logical_ones_are_not() -> None:
    logical = "margin-inline: 0 1px; padding: 1px 2px; border-block-end: 1px solid; inset: 0;"
    assert physical(f"@media (min-width: 40rem) {{ li:first-child {{ {logical} }} }}") == []
