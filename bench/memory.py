"""Whether a worker grows: its memory after ten thousand requests, and after a hundred thousand."""

from collections.abc import Iterator
from itertools import cycle, islice
from mmap import PAGESIZE
from pathlib import Path

from bench.driver import flat_out, get
from bench.members import members
from bench.people import GZIP, Visitor
from bench.place import Place
from bench.table import Figure

FEW, MANY = 10_000, 100_000
MEMBERS = 1000
STARTED = 10  # of a hundred requests, as many start a sign-up
MOST = 1.1  # times, the promise
FOREVER = 3600.0  # seconds: until the requests end


async def memory_figures(place: Place) -> list[Figure]:
    """First visits, next visits, starts of sign-ups and pages of people who are signed in, each by
    someone else.
    """
    people = cycle([one.access for one in await members(place, MEMBERS)])
    await _ask(place, people, FEW)
    after_few = _resident(place.product.pid)
    await _ask(place, people, MANY - FEW)
    after_many = _resident(place.product.pid)
    return [
        Figure(
            f"memory of a worker after {MANY:,} requests, against {FEW:,}",
            f"{after_many:.0f} MB", f"{after_few:.0f} MB", after_many / after_few, MOST,
            most=True,
        )
    ]  # fmt: skip


async def _ask(place: Place, people: Iterator[str], requests: int) -> None:
    pages = islice(_pages(people), requests * (100 - STARTED) // 100)
    await flat_out(place.product.port, pages, FOREVER, 200)
    starts = (Visitor().give_phone() for _ in range(requests * STARTED // 100))
    await flat_out(place.product.port, starts, FOREVER, 303)


def _pages(people: Iterator[str]) -> Iterator[bytes]:
    while True:
        yield get("/signup/phone", GZIP)
        yield Visitor().get("/signup/phone")
        yield get("/account/sessions", f"cookie: {next(people)}".encode(), GZIP)
        yield get("/pricing", GZIP)


def _resident(pid: int) -> float:
    """In MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGESIZE / 2**20
