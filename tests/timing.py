"""What can be learned from how long an answer takes."""

import random
from collections.abc import Callable, Sequence
from itertools import product
from math import sqrt
from time import perf_counter

from tests.person import Person

# Standard errors; chance alone leads further than that once in two thousand runs.
BY_CHANCE = 3.5


def time_of(person: Person, path: str, status: int, **fields: str) -> float:
    """Seconds until a form is answered, with that status."""
    started = perf_counter()
    seen = person.post(path, **fields)
    took = perf_counter() - started
    assert seen.status == status
    return took


def twin_addresses(known: str, numbers: range) -> list[tuple[str, str]]:
    """Those that begin with `known`, each with another one that is as long."""
    other = f"o{known[1:]}"
    return [(f"{known}{n}@example.org", f"{other}{n}@example.org") for n in numbers]


def told_apart(pairs: Sequence[tuple[str, str]], seconds: Callable[[str], float]) -> float:
    """How well time tells the first of the pairs from the second, in standard errors from not at
    all. Each is asked for once, those of a pair in either order, so that whatever else the machine
    does meets both alike.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for pair in pairs:
        for which in random.sample((0, 1), 2):
            times[which].append(seconds(pair[which]))
    return abs(separation(*times) - 0.5) / standard_error(len(pairs))


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
