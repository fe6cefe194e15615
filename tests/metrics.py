"""What `/metrics` says, read as Prometheus reads it."""

import re
from collections.abc import Iterator
from os import kill
from pathlib import Path

from tests.person import Person
from tests.product import Product

TOKEN = "ops-token-of-a-test"
BEARER = {"authorization": f"Bearer {TOKEN}"}
LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Labels = dict[str, str]


class Scrape:
    """One answer of it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [
            (name, dict(LABEL.findall(labels or "")), float(value))
            for name, labels, value in map(_read, _lines(text))
        ]

    def sum(self, name: str, **labels: str) -> float:
        """Of all series of that name which have these labels."""
        return sum(
            value
            for found, theirs, value in self.samples
            if found == name and labels.items() <= theirs.items()
        )

    @property
    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples}


def scrape(product: Product) -> Scrape:
    answer = Person(product).get("/metrics", **BEARER)
    assert answer.status == 200
    return Scrape(answer.html)


def workers(product: Product) -> list[int]:
    """The processes that serve."""
    children = Path(f"/proc/{product.pid}/task/{product.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def end_worker(product: Product, signal: int) -> int:
    """Returns which one."""
    pid = workers(product)[0]
    kill(pid, signal)
    return pid


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.startswith("#"))


def _read(line: str) -> tuple[str, str, str]:
    found = LINE.fullmatch(line)
    assert found, line
    return found[1], found[2], found[3]
