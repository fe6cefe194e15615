"""The limits file: what it replaces, and what is told when it is off."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.files import read_limits
from app.domain.limits import DAY, HOUR, Limit, LimitTable
from app.settings import BadSettings, read_settings

BROKEN = [
    ("texts_per_number = 5", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [] }", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [[3600]] }", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [[3600, -1]] }", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [[3600, 1.5]] }", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [[3600, true]] }", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [[3600, 5]], wait = [3] }", "texts_per_number needs windows"),
    ("texts_per_number = { windows = [[3600, 5]], waits = 3 }", "texts_per_number needs windows"),
    (
        "texts_per_nummer = { windows = [[3600, 5]] }",
        "texts_per_nummer is no limit; there are accounts",
    ),
    ("raised_regions = 5", "raised_regions needs lines such as US = 5000."),
    ("raised_regions = { US = 'many' }", "raised_regions needs lines such as US = 5000."),
    ("raised_regions = { USA = 5 }", "raised_regions: USA is no country, US is."),
    ("raised_regions = { us = 5 }", "raised_regions: us is no country, US is."),
    ("texts_per_number = [", "LIMITS_FILE cannot be read"),
]


def table(folder: Path, text: str, **env: str) -> LimitTable:
    path = folder / "limits.toml"
    path.write_text(text)
    return read_limits(read_settings({"ENVIRONMENT": "test", "LIMITS_FILE": str(path)} | env))


def test_only_what_differs_is_replaced(tmp_path: Path) -> None:
    read = table(tmp_path, "mails_per_address = { windows = [[3600, 7], [86400, 9]], waits = [1] }")
    changed = Limit(((HOUR, 7), (DAY, 9)), (1,))
    assert read == replace(LimitTable(), mails_per_address=changed)


def test_none_may_be_allowed(tmp_path: Path) -> None:
    read = table(tmp_path, "raised_regions = { US = 5000, FR = 0 }", SMS_DAILY_LIMIT="0")
    assert read.raised_regions == {"US": 5000, "FR": 0}
    assert read.texts_in_all == Limit(((DAY, 0),))


def test_the_file_goes_before_the_daily_setting(tmp_path: Path) -> None:
    line = "texts_in_all = { windows = [[86400, 3]] }"
    assert table(tmp_path, line, SMS_DAILY_LIMIT="9").texts_in_all == Limit(((DAY, 3),))


def test_without_a_file_the_promised_numbers_are_in_force() -> None:
    assert read_limits(read_settings({"ENVIRONMENT": "test"})) == LimitTable()


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_entry_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadSettings) as refused:
        table(tmp_path, text)
    [problem] = refused.value.problems
    assert told in problem


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as refused:
        table(tmp_path, "one = 1\ntwo = 2\nraised_regions = 3")
    assert len(refused.value.problems) == 3


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(BadSettings, match="LIMITS_FILE cannot be read"):
        read_limits(read_settings({"ENVIRONMENT": "test", "LIMITS_FILE": "/nowhere/limits.toml"}))
