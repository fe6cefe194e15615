"""The copies of the prices: read back only when whole; the right catalogue at each moment."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.pricing.versions import Edition, PriceSnapshot, decode_snapshot, encode_snapshot
from tests.price_files import BEGUN, catalogue

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
FIRST, NEXT = catalogue(), catalogue(("9.50", "9"), version=2, begun=SOON)
KEPT = PriceSnapshot(Edition(2, NOW, 1), NOW, (FIRST, NEXT))

Document = dict[str, Any]


def plans(document: Document) -> Any:
    return document["catalogues"][1]["plans"]


def prices(document: Document) -> Any:
    return plans(document)[1]["prices"]


# What is done to the last of the catalogues, or to all of it.
SPOILED: dict[str, Callable[[Document], object]] = {
    "no catalogue": lambda d: d.update(catalogues=[]),
    "no edition": lambda d: d.pop("edition"),
    "of another time": lambda d: d.update(edition=2),
    "no age": lambda d: d.pop("as_of"),
    "age without zone": lambda d: d.update(as_of="2026-06-01T12:00:00"),
    "age in words": lambda d: d.update(as_of="yesterday"),
    "begun without zone": lambda d: d["catalogues"][1].update(effective_from="2026-06-01T12:00:00"),
    "no plans": lambda d: d["catalogues"][1].update(plans=[]),
    "no currencies": lambda d: d["catalogues"][1].update(currencies=[]),
    "no currency at all": lambda d: d["catalogues"][1].update(currencies=["USD", "YEN"]),
    "one currency more": lambda d: d["catalogues"][1].update(currencies=["USD", "JPY", "EUR"]),
    "a price missing": lambda d: prices(d)["year"].pop("JPY"),
    "a price more": lambda d: prices(d)["year"].update(EUR=1),
    "a price below zero": lambda d: prices(d)["year"].update(JPY=-1),
    "more than anybody pays": lambda d: prices(d)["year"].update(JPY=10**9 + 1),
    "more than that in cents": lambda d: prices(d)["month"].update(USD=10**11 + 1),
    "half a yen": lambda d: prices(d)["year"].update(JPY=0.5),
    "a price in words": lambda d: prices(d)["year"].update(JPY="1"),
    "no price": lambda d: prices(d)["year"].update(JPY=None),
    "an interval missing": lambda d: prices(d).pop("year"),
    "no interval": lambda d: [plan.update(prices={}) for plan in plans(d)],
    "an unknown interval": lambda d: prices(d).update(week=prices(d)["year"]),
    "a plan without name": lambda d: plans(d)[0].pop("name"),
}
NONSENSE = [
    b"", b"\0", b"null", b"[]", b"{}", b"3", b'"prices"', b"\xff\xfe", b'{"as_of": "\xff"}',
    b"[" * 100_000, b'{"x":' * 100_000,
]  # fmt: skip


def test_packed_and_unpacked_it_is_the_same() -> None:
    assert decode_snapshot(encode_snapshot(KEPT)) == KEPT


@pytest.mark.parametrize("how", SPOILED)
def test_a_copy_that_is_not_whole_is_none(how: str) -> None:
    document = json.loads(encode_snapshot(KEPT))
    SPOILED[how](document)
    assert decode_snapshot(json.dumps(document).encode()) is None


@pytest.mark.parametrize("copy", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_none(copy: bytes) -> None:
    assert decode_snapshot(copy) is None


def test_the_most_that_can_be_published_is_read() -> None:
    document = json.loads(encode_snapshot(KEPT))
    prices(document)["year"].update(JPY=10**9, USD=10**11)
    assert decode_snapshot(json.dumps(document).encode())


@pytest.mark.parametrize(("ahead", "believed"), [(24, True), (25, False), (24 * 400, False)])
def test_a_copy_of_the_day_after_tomorrow_is_none(ahead: int, believed: bool) -> None:
    now = NOW - timedelta(hours=ahead)
    assert (decode_snapshot(encode_snapshot(KEPT), now) is not None) == believed


def test_nothing_is_none() -> None:
    assert decode_snapshot(None) is None


def test_a_copy_that_is_cut_off_anywhere_is_none() -> None:
    copy = encode_snapshot(KEPT)
    assert [length for length in range(len(copy)) if decode_snapshot(copy[:length])] == []


@pytest.mark.parametrize(
    ("now", "version"),
    [
        (BEGUN - timedelta(days=1), 1),  # our clock is behind: the database says it has begun
        (BEGUN, 1),
        (SOON - timedelta(microseconds=1), 1),
        (SOON, 2),
        (SOON + timedelta(days=1), 2),
    ],
)
def test_at_each_moment_one_is_in_effect(now: datetime, version: int) -> None:
    current = KEPT.at(now)
    assert current is not None
    assert current.version == version


def test_before_the_first_there_is_none() -> None:
    none = replace(KEPT, edition=Edition(2, NOW, 0))
    assert none.at(BEGUN - timedelta(seconds=1)) is None
    assert none.at(BEGUN) == FIRST
