"""Design tokens: what `:root` sets in a style sheet, for the light and for the dark scheme."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PIECE = re.compile(r"([^{};]*)([{};]|$)")
DECLARATION = re.compile(r"--([a-z][a-z0-9-]*)\s*:\s*(.*\S)", re.DOTALL)
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")
LIGHT, DARK = "light", "dark"
SCHEMES = {(":root",): LIGHT, ("@media (prefers-color-scheme: dark)", ":root"): DARK}
SPACE = re.compile(r"\s+")

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Token:
    """`start` is where its value begins in the style sheet, `line` counts from 1."""

    value: str
    start: int
    line: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """`schemes` are light and dark, by name; `strange` is what is no token: line and text."""

    schemes: dict[str, dict[str, Token]] = field(default_factory=lambda: {LIGHT: {}, DARK: {}})
    strange: list[tuple[int, str]] = field(default_factory=list)


def read_tokens(css: str) -> Tokens:
    """Whatever is in it: what cannot be read is `strange`."""
    css = COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), css)
    tokens, within = Tokens(), list[str]()
    for piece in PIECE.finditer(css):
        text, end = piece[1].strip(), piece[2]
        line = css.count("\n", 0, piece.start(1) + len(piece[1]) - len(piece[1].lstrip())) + 1
        if end == "{":
            within.append(SPACE.sub(" ", text))
            continue
        scheme, found = SCHEMES.get(tuple(within)), DECLARATION.fullmatch(text)
        if scheme and found:
            start = css.index(found[2], piece.start(1) + found.start(2))
            tokens.schemes[scheme][found[1]] = Token(SPACE.sub(" ", found[2]), start, line)
        elif text:
            tokens.strange.append((line, text))
        if end == "}" and within:
            within.pop()
        elif end == "}" or (not end and within):
            tokens.strange.append((line, "a brace without its other one"))
    return tokens


def replace_tokens(css: str, schemes: Mapping[str, Values]) -> str:
    """The style sheet with other values."""
    found = [
        (token, schemes[scheme][name])
        for scheme, tokens in read_tokens(css).schemes.items()
        for name, token in tokens.items()
        if name in schemes[scheme]
    ]
    for token, value in sorted(found, key=lambda each: -each[0].start):
        css = css[: token.start] + value + css[token.start + len(token.value) :]
    return css


def is_colour(value: str) -> bool:
    return COLOUR.fullmatch(value) is not None


def long_colour(value: str) -> str:
    """`#fff` as `#ffffff`, which old mail clients need; what is no colour as it is."""
    short = is_colour(value) and len(value) == len("#fff")
    return "#" + "".join(digit * 2 for digit in value[1:]) if short else value


def contrast(one: str, other: str) -> float:
    """Of two colours as `#rrggbb`, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
