"""Attacks and honest crowds under several rules: `python -m bench.traces` prints who pays, and how.

Real stores on a turned clock, so it takes some minutes. The first lines of a trace are in `tests/`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.stores import Stores
from tests.traced import BEGAN, replay_ours
from tests.traces import (
    REGION,
    Ask,
    Asker,
    Authgear,
    AuthgearAsShipped,
    FixedCaps,
    Outcome,
    Verdict,
    launch,
    pumping,
    replay,
    slow_drip,
    stopped_country,
)
from tests.turned_clock import TurnedClock, turned_stores

from app.adapters.text_prices import BUILT_IN, read_prices_file

COLUMNS = ("trace", "rule", "texts lost", "USD", "honest people", "asked for e-mail first",
           "refused", "of these known")  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"


@dataclass(frozen=True, slots=True)
class Trace:
    """`verified_a_day` were texts in the two weeks before."""

    name: str
    record: Callable[[], list[Ask]]
    verified_a_day: int


TRACES = (
    Trace("pumping, into 600 sign-ups a day", pumping, 600),
    Trace("pumping, into a new product", pumping, 0),
    Trace("50 texts at once from one network", stopped_country, 600),
    Trace("launch, behind one address", launch, 0),
    Trace("slow drip over 14 days", slow_drip, 100),
)


def main() -> None:
    logging.disable(logging.WARNING)
    price: Decimal = read_prices_file(BUILT_IN)["regions"][REGION]["text"]
    print(HEAD)
    with TemporaryDirectory() as folder, turned_stores(Path(folder), BEGAN) as (stores, clock):
        for trace in TRACES:
            for outcome in _outcomes(trace, stores, clock):
                print(_line(trace, outcome, price), flush=True)


def _outcomes(trace: Trace, stores: Stores, clock: TurnedClock) -> Iterator[Outcome]:
    for mailboxes in (False, True):
        asks = trace.record()
        yield replay_ours(stores, clock, asks, trace.verified_a_day, mailboxes=mailboxes)
    history = trace.verified_a_day
    for rule in (Authgear(history), AuthgearAsShipped(history), FixedCaps()):
        yield asyncio.run(replay(trace.record(), rule, lambda at: None))


def _line(trace: Trace, outcome: Outcome, price: Decimal) -> str:
    mailed = outcome.count_honest(Verdict.EMAIL_FIRST) + outcome.count_honest(Verdict.DELAYED)
    known = outcome.count(Verdict.REFUSED, Asker.OWNER, Asker.KNOWN_DEVICE)
    told = (trace.name, outcome.rule, outcome.lost, f"{outcome.lost * price:.2f}", outcome.asked,
            mailed, outcome.count_honest(Verdict.REFUSED), known)  # fmt: skip
    return f"| {' | '.join(map(str, told))} |"


if __name__ == "__main__":
    main()
