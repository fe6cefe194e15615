"""`make bench`: prints the table of the README. Figures are told, never a reason to fail."""

import os
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic

import uvloop

from bench.first_page import first_page_figures
from bench.pages import page_figures
from bench.place import Place, running_place
from bench.signups import signup_figures
from bench.starts import start_figures
from bench.table import Figure, table
from bench.weight import weight_figures

Measured = Callable[[Place], Awaitable[list[Figure]]]
UNDER_LOAD: tuple[Measured, ...] = (page_figures, start_figures, signup_figures, weight_figures)


def main() -> None:
    started = monotonic()
    figures: list[Figure] = []
    for measure in (*(partial(_on_a_place, one) for one in UNDER_LOAD), first_page_figures):
        try:
            figures += measure()
        except Exception:
            # An overloaded machine spoils one figure, not all of them.
            traceback.print_exc()
    print(table(figures))
    took, load = monotonic() - started, os.getloadavg()[1]
    print(
        f"\n{os.cpu_count()} cores, {load:.1f} busy on average in the last minutes; {took:.0f} s."
    )


def _on_a_place(measured: Measured) -> list[Figure]:
    """On stores of its own: what another one leaves behind is not its load."""
    with running_place() as place:
        return uvloop.run(measured(place))


if __name__ == "__main__":
    main()
