"""Keys that someone could guess: repeated, counted up, or copied from an example."""

import re
from itertools import pairwise

# Of 32 random digits of the 16 hexadecimal ones, fewer are different once in millions of times.
DISTINCT = 8
# Characters. Random hexadecimal digits repeat or count up this many once in millions of keys.
BLOCK = 8
# Six letters or more, which random letters spell once in tens of millions of keys.
PLACEHOLDERS = re.compile(
    "secret|change|replac|example|develop|passw|default|latchkey|placeholder|qwerty|"
    "insecure|sample|random_?string|letmein",
    re.IGNORECASE,
)
# Shorter ones, which random text now and then holds between two signs, but not two of them.
WORDS = frozenset(
    ("your", "the", "this", "that", "put", "here", "key", "keys", "test", "tests", "token",
     "string", "random", "least", "bytes", "long", "enough", "not", "use", "own", "local", "dev",
     "demo", "prod", "todo", "fixme")
)  # fmt: skip


def is_guessable(key: str) -> bool:
    """Whether it is no random text. A random one of 32 hexadecimal digits or more, in any usual
    alphabet, is not refused but once in a million.
    """
    return (
        len(set(key)) < DISTINCT
        or _repeats(key)
        or _counts(key)
        or PLACEHOLDERS.search(key) is not None
        or sum(word in WORDS for word in re.split(r"[^a-z0-9]+", key.lower())) > 1
    )


def _repeats(key: str) -> bool:
    """Whether a block of it is there twice."""
    blocks = [key[at : at + BLOCK] for at in range(len(key) - BLOCK + 1)]
    return len(set(blocks)) < len(blocks)


def _counts(key: str) -> bool:
    """Whether a part of it is one character over and over, or the next or the previous one, as in
    `abcdefgh`.
    """
    steps = "".join(
        {0: "=", 1: "+", -1: "-"}.get(ord(after) - ord(before), " ")
        for before, after in pairwise(key)
    )
    return any(step * (BLOCK - 1) in steps for step in "=+-")
