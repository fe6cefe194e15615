"""Log-ins by password against the bare argon2 rate, and how long others wait meanwhile."""

from collections.abc import Iterator
from itertools import cycle
from time import perf_counter

from bench.driver import flat_out
from bench.members import members
from bench.place import YESTERDAY, Place
from bench.rounds import Load, figure
from bench.table import Figure
from bench.waits import told_by, waits_figure

AT_ONCE = 16  # as many as may stand in line to be hashed
MEMBERS = 2000
ROUNDS = 5
SECONDS = 8.0
HASHING = 4.0


async def login_figures(place: Place) -> list[Figure]:
    made = await members(place, MEMBERS)
    forms, ours, bare = cycle([member.log_in() for member in made]), Load(), Load()
    place.memory_counts_since(YESTERDAY)
    await log_in_for(place, forms, 2)
    for _ in range(ROUNDS):
        rate, cost = map(float, (await told_by("bench.hashing", str(HASHING))).split())
        bare.add(rate, cost)
        used, before = place.product.cpu_seconds(), perf_counter()
        rate = await log_in_for(place, forms, SECONDS)
        done = rate * (perf_counter() - before)
        ours.add(rate, (place.product.cpu_seconds() - used) / done)
    waits = await waits_figure(
        place,
        "/account",
        f"cookie: {made[0].access}",
        lambda seconds: log_in_for(place, forms, seconds),
        "log-ins by password",
    )
    return [
        figure(
            "log-ins by password where they have signed in before, against argon2 alone",
            ours,
            bare,
            0.90,
        ),
        waits,
    ]


async def log_in_for(place: Place, forms: Iterator[bytes], seconds: float) -> float:
    """Log-ins a second."""
    return (await flat_out(place.product.port, forms, seconds, 303, AT_ONCE)).rate
