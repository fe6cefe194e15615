"""What can be learned from how long an answer takes."""

from itertools import product


def separation(some: list[float], others: list[float]) -> float:
    """How well time tells the two apart (area under the ROC curve): 0.5 not at all, 0 or 1
    always.
    """
    wins = [one > other for one, other in product(some, others)]
    return sum(wins) / len(wins)
