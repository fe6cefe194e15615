"""What can be learned from how long an answer takes."""

import random
from collections.abc import Callable, Sequence
from itertools import product
from math import sqrt
from time import perf_counter

from tests.person import Person

# Standard errors; chance alone leads further than that once in two thousand runs.
BY_CHANCE = 3.5
# After so many twins the rest is not asked for where all are fewer standard errors away. Of
# separations of 0.65, one in 250 is given up so.
ENOUGH = {100: 1.0, 200: 1.5}


def time_of(person: Person, path: str, status: int, **fields: str) -> float:
    """Seconds until a form is answered, with that status."""
    started = perf_counter()
    seen = person.post(path, **fields)
    took = perf_counter() - started
    assert seen.status == status
    return took


def twin_addresses(numbers: range, *kinds: str) -> list[tuple[str, ...]]:
    """Those that begin with each of `kinds`, and last another one: all as long as each other."""
    names = (*kinds, f"o{kinds[0][1:]}")
    assert len({len(name) for name in names}) == 1
    return [tuple(f"{name}{n}@example.org" for name in names) for n in numbers]


def told_apart(twins: Sequence[tuple[str, ...]], seconds: Callable[[str], float]) -> float:
    """How well time tells any of them from the last, in standard errors from not at all. Each is
    asked for once, twins in any order, so that whatever else the machine does meets them alike.
    Where nothing is told apart after a part of them, the rest is not asked for.
    """
    times: list[list[float]] = [[] for _ in twins[0]]
    for asked, some in enumerate(twins, 1):
        for which in random.sample(range(len(some)), len(some)):
            times[which].append(seconds(some[which]))
        if asked in ENOUGH and _told_apart(times) < ENOUGH[asked]:
            break
    return _told_apart(times)


def _told_apart(times: list[list[float]]) -> float:
    *known, unknown = times
    furthest = max(abs(separation(each, unknown) - 0.5) for each in known)
    return furthest / standard_error(len(unknown))


def separation(some: list[float], others: list[float]) -> float:
    """How often one takes longer than another (area under the ROC curve): 0.5 tells nothing, 0 or
    1 everything.
    """
    wins = [one > other for one, other in product(some, others)]
    return sum(wins) / len(wins)


def standard_error(count: int) -> float:
    """Of the separation of as many each where there is none (Mann and Whitney 1947): 0.024 of 300,
    so that a separation of 0.65 is found 99 times in 100; 0.041 of 100, which finds 0.75 as often.
    """
    return sqrt((2 * count + 1) / 12) / count
