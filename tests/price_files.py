"""A price file in all its parts, and variants of it."""

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.price_file import read_price_file

# Line by line, since problems name their line.
FILE = """\
currencies = ["USD", "JPY"]

[[features]]
code = "people"
name = "People"

[[features]]
code = "help"
name = "Help"

[[plans]]
code = "small"
name = "Small"
description = "For a few."
[plans.features]
people = "Up to 10"
[plans.month]
USD = 9.50
JPY = 1400
[plans.year]
USD = 95
JPY = 14000

[[plans]]
code = "large"
name = "Large"
description = "For many."
highlighted = true
[plans.features]
people = true
help = "Within a day"
[plans.month]
USD = 90
JPY = 14000
[plans.year]
USD = 1080
JPY = 168000
"""
BEGUN = datetime(2026, 5, 1, tzinfo=UTC)


def changed(*pairs: tuple[str, str]) -> str:
    """The file with the first of each pair replaced where it comes first."""
    text = FILE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def catalogue(*pairs: tuple[str, str], version: int = 1, begun: datetime = BEGUN) -> Catalogue:
    return replace(read_price_file(changed(*pairs)), version=version, effective_from=begun)
