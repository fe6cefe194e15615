"""The table that is printed and published."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `number` is what is held against `target`, both in `unit`; `most` is for a ceiling.

    Without a target it is only told. One that `must` hold fails the run where it does not.
    """

    name: str
    ours: str
    bare: str
    number: float
    target: float | None
    unit: str = "%"
    most: bool = False
    must: bool = False
    aside: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        holds = self.number <= self.target if self.most else self.number >= self.target
        return "holds" if holds else "missed"

    @property
    def fails(self) -> bool:
        return self.must and self.verdict == "missed"

    def line(self) -> str:
        sign = "at most" if self.most else "at least"
        target = "" if self.target is None else f"{sign} {self._written(self.target)}"
        number = f"{self._written(self.number)} {self.aside}".strip()
        return f"| {self.name} | {self.ours} | {self.bare} | {number} | {target} | {self.verdict} |"

    def _written(self, number: float) -> str:
        if self.unit == "%":
            return f"{number * 100:.0f} %"
        return f"{number:.1f}".removesuffix(".0") + f" {self.unit}"


HEAD = "| what | ours | bare | figure | target | |\n| --- | --- | --- | --- | --- | --- |"


def table(figures: Sequence[Figure]) -> str:
    return "\n".join([HEAD, *(figure.line() for figure in figures)])


def ratio(ours: Sequence[float], bare: Sequence[float]) -> float:
    """The median of the ratios of all rounds: a busy moment of the machine hits both sides."""
    return median(one / other for one, other in zip(ours, bare, strict=True))


def middle(numbers: Sequence[float]) -> str:
    """The median, rounded for reading."""
    value = median(numbers)
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.3g}"
