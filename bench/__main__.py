"""`make bench`: prints the table of docs/performance.md. A figure that depends on how fast the
machine is never fails the run.

`make bench sessions logins` measures only those parts.
"""

import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import uvloop

from bench.api import api_refresh_figures, import_figures, me_figures
from bench.cleanup import cleanup_figures
from bench.cold_start import cold_start_figures
from bench.first_page import first_page_figures
from bench.footprint import footprint_figures
from bench.health import health_figures, telemetry_figures, trace_figures
from bench.logins import login_figures
from bench.memory import memory_figures
from bench.outbox import outbox_figures
from bench.pages import heaviest_page_figures, page_figures
from bench.place import ACME, SERVICED, TWILIO, Place, running_place, running_vendor
from bench.prices import price_figures
from bench.receipts import receipt_figures
from bench.scale import scale_figures
from bench.sessions import forward_auth_figures, refresh_figures, session_figures
from bench.shards import shard_figures
from bench.signups import signup_figures
from bench.starts import heaviest_start_figures, start_figures
from bench.storm import storm_figures
from bench.table import Figure, table
from bench.weight import heaviest_weight_figures, weight_figures
from bench.workers import worker_figures

Measured = Callable[[Place], Awaitable[list[Figure]]]


def _on_a_place(measured: Measured, **settings: str) -> list[Figure]:
    """On stores of its own: what another one leaves behind is not its load."""
    with running_place(**settings) as place:
        return uvloop.run(measured(place))


UNDER_LOAD: dict[str, Measured] = {
    "pages": page_figures,
    "health": health_figures,
    "telemetry": telemetry_figures,
    "traces": trace_figures,
    "starts": start_figures,
    "signups": signup_figures,
    "logins": login_figures,
    "sessions": session_figures,
    "refreshes": refresh_figures,
    "me": me_figures,
    "api_refreshes": api_refresh_figures,
    "prices": price_figures,
    "weight": weight_figures,
    "workers": worker_figures,
    "memory": memory_figures,
    "footprint": footprint_figures,
}
UNDER_ANOTHER_BRAND: dict[str, Measured] = {
    "heaviest_pages": heaviest_page_figures,
    "heaviest_starts": heaviest_start_figures,
    "heaviest_weight": heaviest_weight_figures,
}


def _texting() -> list[Figure]:
    """Two processes, and a vendor of texts."""
    with TemporaryDirectory() as name, running_vendor(Path(name)) as vendor:
        settings = {"WORKERS": "2", "TWILIO_API_URL": vendor, **TWILIO}
        with running_place(**settings) as place:
            return uvloop.run(outbox_figures(place, vendor))


PARTS = {name: partial(_on_a_place, one) for name, one in UNDER_LOAD.items()}
PARTS |= {name: partial(_on_a_place, one, **ACME) for name, one in UNDER_ANOTHER_BRAND.items()}
PARTS["forward_auth"] = partial(_on_a_place, forward_auth_figures, **SERVICED)
PARTS["outbox"] = _texting
PARTS["receipts"] = partial(_on_a_place, receipt_figures, **TWILIO)
PARTS["api_import"] = import_figures
PARTS["first_page"] = first_page_figures
PARTS["cold_start"] = cold_start_figures
# Only by their names: the first fills a database, which takes a minute, the third and the last take
# four. The first two are those of docs/scale.md, the third that of docs/deploy.md.
BY_NAME: dict[str, Callable[[], list[Figure]]] = {
    "scale": scale_figures, "shards": shard_figures, "storm": storm_figures,
    "cleanup": cleanup_figures,
}  # fmt: skip


def main(*names: str) -> int:
    """Of all parts, or of those named: 1 where one broke, or a figure is not as it must be; 2 where
    there is no such part.
    """
    started, known = monotonic(), PARTS | BY_NAME
    if unknown := [name for name in names if name not in known]:
        print(f"No such part: {', '.join(unknown)}. There are {', '.join(known)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    failed = False
    for measure in [known[name] for name in names or PARTS]:
        try:
            figures += measure()
        except Exception:
            # An overloaded machine spoils one figure, not all of them.
            traceback.print_exc()
            failed = True
    print(table(figures))
    took, load = monotonic() - started, os.getloadavg()[1]
    print(
        f"\n{os.cpu_count()} cores, {load:.1f} busy on average in the last minutes; {took:.0f} s."
    )
    return int(failed or any(figure.fails for figure in figures))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
