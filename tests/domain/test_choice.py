"""A choice in a cookie: read back only as we wrote it."""

import pytest

from app.domain.pricing.catalogue import Interval
from app.domain.pricing.choice import Choice

TEAM = Choice("team", Interval.YEAR, "EUR", 27000)


def test_what_is_written_is_read() -> None:
    assert Choice.read(str(TEAM)) == TEAM


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "",
        "team",
        "team.year.EUR",
        "team.year.EUR.1.2",
        "Team.year.EUR.1",
        "team.week.EUR.1",
        "team.year.eur.1",
        "team.year.XXQ.1",
        "team.year.EUR.-1",
        "team.year.EUR.1e3",
        "team.year.EUR.١",
        "team.year.EUR." + "9" * 14,
        "x" * 32 + ".year.EUR.1",
    ],
)
def test_anything_else_is_nothing(kept: str | None) -> None:
    assert Choice.read(kept) is None
