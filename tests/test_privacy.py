"""The page on privacy: each table is on it, each column of those that hold something of a person,
and how long a row is kept.
"""

import re
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

import pytest

from app.domain import cleanup, tables
from tests.test_house import ROOT, SOURCE

for module in iter_modules(tables.__path__):
    import_module(f"{tables.__name__}.{module.name}")

PAGE = (ROOT / "docs" / "privacy.md").read_text()
REMOVALS = (SOURCE / "domain" / "cleanup.sql").read_text()
COLUMNS = {
    name: {column.name for column in table.columns}
    for name, table in tables.Table.metadata.tables.items()
}
NAME = re.compile(r"`([a-z_]+)`")
NOBODYS = "### Tables that hold nothing of a person"


class Row(NamedTuple):
    table: str
    holds: str
    kept: str


def rows(page: str) -> list[Row]:
    """Of all tables on a page, under the heading of PostgreSQL; one for each that a line names."""
    found = []
    for line in page.partition("## In PostgreSQL")[2].partition("## In Redis")[0].splitlines():
        if line.startswith("| `"):
            names, holds, kept = (cell.strip() for cell in line.split("|")[1:4])
            found += [Row(name, holds, kept) for name in NAME.findall(names)]
    return found


def of_people(page: str) -> list[Row]:
    return rows(page.partition(NOBODYS)[0])


def kept_for(table: str) -> list[str]:
    """How long a row is kept, as its clean-up says."""
    _, _, statement = REMOVALS.partition(f"-- name: remove_{table}\n")
    return re.findall(r"interval '([1-9]\d* \w+)'", statement.partition("-- name:")[0])


def test_every_table_is_on_the_page_once() -> None:
    assert sorted(row.table for row in rows(PAGE)) == sorted(COLUMNS)


@pytest.mark.parametrize("row", of_people(PAGE), ids=lambda row: row.table)
def test_every_column_of_a_table_about_people_is_on_the_page(row: Row) -> None:
    assert set(NAME.findall(row.holds)) ^ COLUMNS[row.table] == set()


def test_the_page_says_how_long_as_the_clean_up_does() -> None:
    assert kept_for("deliveries")
    assert set(cleanup.REMOVALS) <= set(COLUMNS)
    wrong = [(row.table, time) for row in rows(PAGE) for time in kept_for(row.table)
             if time not in row.kept]  # fmt: skip
    assert wrong == []
