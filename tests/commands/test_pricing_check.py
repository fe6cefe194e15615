"""`latchkey pricing check`: a file compared with what is published, where that can be asked."""

from pathlib import Path

import pytest
from click.testing import Result

from tests.commands.running import latchkey, typed
from tests.faults.staged import ask
from tests.price_files import FILE, changed
from tests.shop import published_in
from tests.stores import Stores

NB = "\u00a0"
CHEAPER = f"~ small, a month in USD: $9.50{NB}USD -> $9.00{NB}USD"
SILENT = "PostgreSQL at DATABASE_URL cannot be used: no such file or directory."
NOWHERE = "postgresql://nobody@/nowhere?host=/nowhere"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.toml"


def checked(url: str, file: Path) -> Result:
    return typed("pricing", "check", str(file), DATABASE_URL=url)


def test_check_tells_what_would_change_and_changes_nothing(stores: Stores, file: Path) -> None:
    url = stores.new_database()
    published_in(url)
    file.write_text(changed(("9.50", "9")))
    told = checked(url, file)
    assert (told.exit_code, told.output) == (0, f"{file} is fine: 2 plans.\n{CHEAPER}\n")
    assert ask(url, "SELECT count(*) FROM catalogues")[0]["count"] == 1


def test_check_needs_no_database(tmp_path: Path, file: Path) -> None:
    file.write_text("\ufeff" + FILE)  # as some editors begin a file
    told = latchkey(tmp_path, "pricing", "check", file.name, ENVIRONMENT="test")
    assert (told.returncode, told.stdout) == (0, f"{file.name} is fine: 2 plans.\n")
    assert [each.name for each in tmp_path.iterdir()] == [file.name], "no stores were started"


@pytest.mark.parametrize("answers", [True, False])
def test_a_fine_file_is_fine_without_anything_to_compare_it_with(
    stores: Stores, file: Path, answers: bool
) -> None:
    file.write_text(FILE)
    told = checked(stores.empty_database() if answers else NOWHERE, file)
    assert (told.exit_code, told.stdout) == (0, f"{file} is fine: 2 plans.\n")
    why = "There are no tables yet: run latchkey migrate." if answers else SILENT
    assert told.stderr == f"What it would change could not be looked up: {why}\n"
