"""What the check of a new password costs at worst: `python -m bench.strength` mutates 10,000."""

import random
import statistics
import string
import time

from app.domain.identity.guessable import is_guessable

SIGNS = "4@({[<69!1|7$5+38%02"
# Each took long in some version of the check, or of the libraries it stands on.
SEEDS = (
    "4@({[<69!1|7$5+" + "password" * 7,
    "password" * 8,
    "P@ssw0rd!" * 7,
    "1qaz2wsx" * 8,
    "abcabcabc" * 7,
    "correct horse battery staple" * 2,
    "2026-11-22" * 6,
    SIGNS * 3,
    "a" * 64,
    "Größe-überquert-Café-9" * 2,
)
ALPHABET = string.printable[:95] + SIGNS * 3
PERSONAL = ("jane.doe@example.org", "+61491570006")


def mutated(chance: random.Random) -> str:
    """Two seeds spliced, with up to twelve characters replaced."""
    one, other = chance.sample(SEEDS, 2)
    cut = chance.randrange(len(one))
    letters = list(one[:cut] + other + one[cut:])
    for _ in range(chance.randrange(13)):
        letters[chance.randrange(len(letters))] = chance.choice(ALPHABET)
    return "".join(letters)[: chance.choice((32, 64, 256))]


def main() -> None:
    chance, costs = random.Random(1), []
    is_guessable("what is read once is read", ())
    for number in range(10_000):
        password = mutated(chance) if number >= len(SEEDS) else SEEDS[number]
        began = time.thread_time()
        is_guessable(password, PERSONAL)
        costs.append(((time.thread_time() - began) * 1000, password))
    median = statistics.median(cost for cost, _ in costs)
    worst, password = max(costs)
    print(f"CPU of one check: median {median:.2f} ms, worst of 10,000 {worst:.1f} ms: {password!r}")


if __name__ == "__main__":
    main()
