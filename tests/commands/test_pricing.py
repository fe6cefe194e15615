"""`latchkey pricing`: a file checked, compared, published, and shown again."""

import getpass
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from tests.commands.running import PRODUCTION, typed
from tests.faults.staged import ask
from tests.price_files import FILE, changed
from tests.stores import Stores

NB = "\u00a0"
CHEAPER = f"~ small, a month in USD: $9.50{NB}USD -> $9.00{NB}USD"
CHEAPEST = f"~ small, a month in USD: $9.00{NB}USD -> $8.00{NB}USD"
BAD = changed(("9.50", "-1"), ('"small"', '"S"'))
CODE = "A code is needed: small letters, digits and hyphens, a letter first, at most 31."
AMOUNT = "An amount is a number from 0 on, like 9 or 9.50, in USD."
SAID = "Write a date, a time and a zone"
MOMENTS = [
    ("2020-01-01T00:00:00+00:00", "That moment has passed."),
    ("2027-01-01T00:00:00", SAID),
    ("2027-01-01", SAID),
    ("tomorrow", SAID),
    ("2027-13-01T00:00:00+00:00", SAID),
    ("", SAID),
]
REFUSED = {"check": "This file cannot be published.", "publish": "Nothing was published."}
NOWHERE = "postgresql://nobody@/nowhere?host=/nowhere"
SILENT = "PostgreSQL at DATABASE_URL cannot be used: no such file or directory."
NONE_YET = "Error: No prices are in effect yet: latchkey pricing publish FILE.\n"
AUDITED = "SELECT details FROM audit_events WHERE event = 'pricing:published' ORDER BY at"


EXAMPLE = Path(__file__).parents[2] / "examples/prices.toml"


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.toml"


def pricing(url: str, *words: str | Path) -> Result:
    return typed("pricing", *map(str, words), DATABASE_URL=url)


def published(url: str, file: Path, *options: str, text: str = FILE) -> list[str]:
    """What is told of it, line by line."""
    file.write_text(text)
    told = pricing(url, "publish", file, *options)
    assert (told.exit_code, told.stderr) == (0, "")
    return told.output.splitlines()


def versions(url: str) -> int:
    return int(ask(url, "SELECT count(*) FROM catalogues")[0]["count"])


def test_what_is_published_is_shown_and_can_be_published_again(url: str, file: Path) -> None:
    *new, last = published(url, file)
    assert {line[:2] for line in new} == {"+ "}
    assert re.fullmatch(r"Published as version 1, in effect from \d+ \w+ \d{4}, [\d:]+ UTC\.", last)
    shown = pricing(url, "show")
    assert shown.exit_code == 0
    assert shown.output.startswith("# Version 1, in effect since ")
    again = published(url, file, text=shown.output)
    assert again[0] == "Nothing changes."
    assert again[1].startswith("Published as version 2,")
    body = [pricing(url, "show").output.split("\n", 1)[1], shown.output.split("\n", 1)[1]]
    assert body[0] == body[1]


def test_each_publication_is_recorded(url: str, file: Path) -> None:
    published(url, file)
    published(url, file)
    details = [json.loads(row["details"]) for row in ask(url, AUDITED)]
    assert details == [{"by": getpass.getuser(), "version": number} for number in (1, 2)]


@pytest.mark.parametrize("command", REFUSED)
def test_a_bad_file_is_told_line_by_line(url: str, file: Path, command: str) -> None:
    file.write_text(BAD)
    told = pricing(url, command, file)
    lines = [f"Error: {REFUSED[command]}", f"{file}:12: {CODE}", f"{file}:18: {AMOUNT}", ""]
    assert (told.exit_code, told.stdout, told.stderr) == (1, "", "\n".join(lines))
    assert versions(url) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff", "is not UTF-8 text."),
        (b"currencies = [", ":1: This is not TOML: "),
        (b"", ":0: There is no plan"),
    ],
)
def test_a_file_of_another_kind_is_told(url: str, file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    refused = pricing(url, "publish", file)
    assert refused.exit_code == 1
    assert told in refused.stderr


def test_a_file_that_is_not_there_is_told(url: str, file: Path) -> None:
    refused = pricing(url, "publish", file)
    assert refused.exit_code == 2
    assert "does not exist" in refused.stderr


def test_prices_to_come_are_shown_as_such(url: str, file: Path) -> None:
    tomorrow, later = (datetime.now(UTC) + timedelta(days=days) for days in (1, 2))
    last = published(url, file, "--at", later.isoformat(), text=changed(("9.50", "8")))[-1]
    assert last == f"Published as version 1, in effect from {spoken(later)}."
    early = pricing(url, "show")
    assert (early.exit_code, early.stderr) == (1, NONE_YET)
    assert early.stdout == f"# Version 1 begins {spoken(later)}.\n"
    published(url, file)
    cheaper = changed(("9.50", "9"))
    assert published(url, file, "--at", tomorrow.isoformat(), text=cheaper)[0] == CHEAPER
    lines = pricing(url, "show").output.splitlines()
    assert lines[0].startswith("# Version 2, in effect since ")
    assert lines[1:3] == [
        f"# Version 3 begins {spoken(tomorrow)}.",
        f"# Version 1 begins {spoken(later)}.",
    ]
    assert "USD = 9.50" in lines


def test_changes_are_told_against_what_is_in_effect_by_then(url: str, file: Path) -> None:
    tomorrow, later = (datetime.now(UTC) + timedelta(days=days) for days in (1, 2))
    published(url, file)
    published(url, file, "--at", tomorrow.isoformat(), text=changed(("9.50", "9")))
    cheapest = changed(("9.50", "8"))
    assert published(url, file, "--at", later.isoformat(), text=cheapest)[0] == CHEAPEST


def spoken(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M:%S} UTC".lstrip("0")


@pytest.mark.parametrize(("at", "told"), MOMENTS)
def test_a_moment_that_will_not_come_is_refused(url: str, file: Path, at: str, told: str) -> None:
    file.write_text(FILE)
    refused = pricing(url, "publish", file, "--at", at)
    assert refused.exit_code == 2
    assert told in refused.stderr
    assert versions(url) == 0


def test_a_moment_that_is_taken_is_told(url: str, file: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    published(url, file, "--at", tomorrow)
    refused = pricing(url, "publish", file, "--at", tomorrow)
    assert refused.exit_code == 1
    assert "Other prices already start at that time." in refused.stderr
    assert versions(url) == 1


@pytest.mark.parametrize("command", ["show", "publish"])
def test_without_tables_it_says_so(stores: Stores, file: Path, command: str) -> None:
    file.write_text(FILE)
    words = [command] if command == "show" else [command, file]
    refused = pricing(stores.empty_database(), *words)
    assert refused.exit_code == 1
    assert "There are no tables yet: run latchkey migrate." in refused.stderr


def test_before_any_prices_it_says_so(url: str) -> None:
    refused = pricing(url, "show")
    assert (refused.exit_code, refused.stderr) == (1, NONE_YET)


def test_production_brings_no_stores_of_its_own() -> None:
    refused = typed("pricing", "show", **PRODUCTION)
    assert refused.exit_code == 2
    assert "DATABASE_URL is missing" in refused.stderr


def test_a_database_that_does_not_answer_is_told() -> None:
    refused = pricing(NOWHERE, "show")
    assert (refused.exit_code, refused.stderr) == (1, f"Error: {SILENT}\n")


def test_the_example_is_fit_to_be_the_first_prices(url: str) -> None:
    published = typed("pricing", "publish", str(EXAMPLE), DATABASE_URL=url)
    assert "Published as version 1" in published.output
