"""`latchkey --version`: which one runs here, also where nothing is set up."""

import json
import tomllib
from pathlib import Path

from app.adapters.postgres import newest_revision
from tests.commands.running import latchkey, typed
from tests.test_house import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_it_says_its_own_and_the_newest_of_the_schema(tmp_path: Path) -> None:
    ran = latchkey(tmp_path, "--version")
    assert ran.returncode == 0
    assert ran.stdout == f"Latchkey {VERSION}, schema {newest_revision()}\n"


def test_it_says_both_as_json() -> None:
    wanted = {"version": VERSION, "revision": newest_revision()}
    for words in (("--version", "--json"), ("--json", "--version")):
        ran = typed(*words)
        assert ran.exit_code == 0
        assert json.loads(ran.output) == wanted


def test_json_alone_is_wrong_use() -> None:
    ran = typed("--json", "stats")
    assert ran.exit_code == 2
    assert "--json goes with --version" in ran.output
