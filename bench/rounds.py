"""Rounds: each side in turn, several times, so that a busy moment of the machine hits them all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bench.driver import flat_out
from bench.place import Server
from bench.table import Figure, middle, ratio

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Side:
    """`requests` are prepared anew for each round; all must be answered with `status`."""

    server: Server
    requests: Callable[[], Iterable[bytes]]
    status: int
    before: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Load:
    """What came of one side, a number a round: answers a second, CPU seconds an answer."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def add(self, rate: float, cost: float) -> None:
        self.rates.append(rate)
        self.costs.append(cost)

    def extend(self, more: "Load") -> None:
        self.rates += more.rates
        self.costs += more.costs

    def told(self) -> str:
        return f"{middle(self.rates)}/s, {middle([cost * 1e6 for cost in self.costs])} µs"


async def measure(bare: Side, ours: Sequence[Side], seconds: float) -> list[Load]:
    """The loads of `bare` and of each of `ours`."""
    sides = [bare, *ours]
    loads = [Load() for _ in sides]
    for side in sides:
        await _round(side, seconds / 3)
    for _ in range(ROUNDS):
        for side, load in zip(sides, loads, strict=True):
            load.add(*await _round(side, seconds))
    return loads


async def _round(side: Side, seconds: float) -> tuple[float, float]:
    requests = side.requests()
    side.before()
    used = side.server.cpu_seconds()
    run = await flat_out(side.server.port, requests, seconds, side.status)
    return run.rate, (side.server.cpu_seconds() - used) / len(run.waits)


def figure(name: str, ours: Load, bare: Load, target: float | None) -> Figure:
    """By answers a second; beside it by CPU time, which other work on the machine moves less."""
    by_cpu = f"({ratio(bare.costs, ours.costs) * 100:.0f} % by CPU)"
    return Figure(
        name, ours.told(), bare.told(), ratio(ours.rates, bare.rates), target, aside=by_cpu
    )
