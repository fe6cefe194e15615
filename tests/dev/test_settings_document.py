"""The settings as people read them: all of them, as they are declared, and up to date."""

import re
from dataclasses import fields

import pytest

from app.dev.settings_document import (
    DOCUMENT,
    EXAMPLE,
    MADE,
    read_defaults,
    write_document,
    write_example,
)
from app.settings import Settings, inspect_settings
from app.settings.descriptions import GROUPS
from tests.commands.test_contract_settings import DEFAULTS

DESCRIBED = {name: one for group in GROUPS.values() for name, one in group.items()}


def test_each_setting_is_described_once() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert sorted(names) == sorted(field.name for field in fields(Settings))


def test_both_files_are_up_to_date() -> None:
    """`make docs` writes them."""
    assert EXAMPLE.read_text() == write_example()
    assert DOCUMENT.read_text() == write_document(DOCUMENT.read_text())


def test_each_setting_is_in_both_files() -> None:
    every = sorted(field.name.upper() for field in fields(Settings))
    assert sorted(re.findall(r"^#([A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE)) == every
    made = DOCUMENT.read_text().partition(MADE)[2]
    assert sorted(re.findall(r"^\| `([A-Z0-9_]+)`", made, re.MULTILINE)) == every
    assert "| `OPS_TOKEN`, `OPS_TOKEN_FILE` |" in made


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_those_of_the_declarations(name: str) -> None:
    value = DEFAULTS[name]
    expected = ",".join(value) if isinstance(value, tuple) else str(value)
    assert read_defaults()[name.lower()] == expected


def test_what_production_asks_for_is_described_as_needed() -> None:
    _, problems = inspect_settings({"ENVIRONMENT": "production"})
    missing = {each.partition(" ")[0].lower() for each in problems if " is missing: " in each}
    assert len(missing) > 6
    assert {name for name in missing if not DESCRIBED[name].needed} == set()
