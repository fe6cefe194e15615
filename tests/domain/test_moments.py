"""Moments in words: never sooner than they come, never longer ago than they were."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.i18n import ENGLISH, reading
from app.domain.moments import clock, day_there, lasting, relative

NOW = datetime(2026, 11, 30, 10, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-44, "just now"),
        (30, "in a moment"),
        (46, "in 1 minute"),
        (-59, "1 minute ago"),
        (-119, "1 minute ago"),
        (61, "in 2 minutes"),
        (600, "in 10 minutes"),
        (3600, "in 1 hour"),
        (3601, "in 2 hours"),
        (-7199, "1 hour ago"),
        (86_399, "in 24 hours"),
        (86_400, "in 1 day"),
        (-3 * 86_400, "3 days ago"),
        (-8 * 86_400, "on 22 November"),
        (60 * 86_400, "on 29 January 2027"),
    ],
)
def test_a_moment_is_told_by_how_far_away_it_is(seconds: int, words: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (60, "1 minute"), (7199, "1 hour"), (30 * 86_400, "30 days")],
)
def test_for_how_long_something_is_so(seconds: int, words: str) -> None:
    assert lasting(NOW - timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("zone", "words", "day"),
    [
        ("Europe/Stockholm", "30 November 2026 at 11:57", "30 November 2026"),
        ("Asia/Calcutta", "30 November 2026 at 16:27", "30 November 2026"),
        ("Pacific/Auckland", "30 November 2026 at 23:57", "30 November 2026"),
        ("Pacific/Kiritimati", "1 December 2026 at 00:57", "1 December 2026"),
        ("", "30 November 2026 at 10:57 UTC", "30 November 2026"),
        ("Europe/Atlantis", "30 November 2026 at 10:57 UTC", "30 November 2026"),
    ],
)
def test_a_message_tells_the_clock_of_where_it_is_read(zone: str, words: str, day: str) -> None:
    with reading(ENGLISH, zone):
        assert (clock(NOW), day_there(NOW)) == (words, day)
