"""Passwords known from break-ins: a file of digests, and the API that is asked for some."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.breached_file import BreachedFile
from app.adapters.http_client import new_http_client
from app.adapters.pwned_passwords import PwnedPasswords
from app.domain.ports import BreachedPasswords
from app.settings import BadSettings
from tests.standins.http_server import Ending, Reply
from tests.standins.pwned_passwords import PwnedPasswordsStandIn, sha1_of

BREACHED = ("seven quiet herons", "Größe zählt nicht", "x")


def digests(*passwords: str) -> list[str]:
    return sorted(map(sha1_of, passwords))


def file_of(folder: Path, lines: list[str], end: str = "\n") -> BreachedFile:
    path = folder / "breached.txt"
    path.write_text(end.join(lines) + end, newline="")
    return BreachedFile(str(path))


@pytest.fixture
def stand_in() -> Iterator[PwnedPasswordsStandIn]:
    with PwnedPasswordsStandIn(*BREACHED) as running:
        yield running


@pytest.fixture
async def api(stand_in: PwnedPasswordsStandIn) -> AsyncIterator[PwnedPasswords]:
    async with new_http_client() as wire:
        yield PwnedPasswords(wire, stand_in.url)


@pytest.fixture(params=["file", "api"])
def breached(
    request: pytest.FixtureRequest, tmp_path: Path, api: PwnedPasswords
) -> BreachedPasswords:
    if request.param == "api":
        return api
    return file_of(tmp_path, digests(*BREACHED))


async def test_what_is_known_is_found_and_nothing_else(breached: BreachedPasswords) -> None:
    assert [await breached.contains(known) for known in BREACHED] == [True] * 3
    for other in ("seven quiet heron", "", "y", "Seven quiet herons"):
        assert not await breached.contains(other)
    assert breached.trouble == ""


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=ascii)
@pytest.mark.parametrize("counted", ["", ":7", ":10434004"])
async def test_every_line_of_a_file_is_found(tmp_path: Path, end: str, counted: str) -> None:
    known = [f"password {number}" for number in range(500)]
    file = file_of(tmp_path, [line + counted for line in digests(*known)], end)
    assert all([await file.contains(password) for password in known])
    assert not any([await file.contains(f"{password}!") for password in known])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["password", "letmein"], "one SHA-1 digest"),
        (digests(*map(str, range(99)))[::-1], "not in order"),
        ([], "one SHA-1 digest"),
    ],
)
def test_a_file_in_which_nothing_would_be_found_is_refused(
    tmp_path: Path, lines: list[str], told: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        file_of(tmp_path, lines)
    assert told in str(refused.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadSettings, match="BREACHED_PASSWORDS_FILE cannot be read"):
        BreachedFile("/nowhere/breached.txt")


async def test_the_api_learns_five_digits_and_no_more(
    stand_in: PwnedPasswordsStandIn, api: PwnedPasswords
) -> None:
    await api.contains("x")
    assert stand_in.asked == [digests("x")[0][:5]]


FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "hang": lambda reply: replace(reply, ending=Ending.HANG),
    "drip": lambda reply: replace(reply, ending=Ending.DRIP),
    "drop": lambda reply: replace(reply, ending=Ending.DROP),
    "error": lambda reply: replace(reply, status=503),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_an_api_that_is_down_refuses_nothing_within_a_second(
    stand_in: PwnedPasswordsStandIn, api: PwnedPasswords, fault: Callable[[Reply], Reply]
) -> None:
    stand_in.fault, began = fault, time.monotonic()
    assert not await api.contains("x")
    assert time.monotonic() - began < 5
    assert "when it was last asked" in api.trouble
    # And is left alone for a while, so that the next person does not wait for it.
    assert not await api.contains("x")
    assert len(stand_in.asked) == 1
