"""From the start of a process until it answers: `latchkey serve` and a bare Litestar in turn."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

from tests.commands.running import PRODUCTION
from tests.product import free_port

from app.adapters.migrations import upgrade
from app.dev.stores import embedded_stores
from bench.place import ROOT, cpu_seconds, wait_for
from bench.table import Figure

ROUNDS = 5
MOST = 1.4  # times the bare one, the promise
# What anybody starts with, in an environment of ours: nothing but Litestar and the server.
BARE = """
import os, uvicorn
from litestar import Litestar, get

@get("/health/live")
async def live() -> str:
    return "ok"

uvicorn.run(
    Litestar([live], openapi_config=None), port=int(os.environ["PORT"]), loop="uvloop",
    http="httptools", log_config=None, access_log=False,
)
"""


def cold_start_figures() -> list[Figure]:
    """In wall clock and in CPU, which a busy machine spoils less; medians of rounds in turn."""
    with TemporaryDirectory(prefix="latchkey-cold-") as name:
        folder = Path(name)
        with embedded_stores(folder / "stores") as urls:
            upgrade(urls.database_url)
            env = {"DATABASE_URL": urls.database_url, "REDIS_URL": urls.redis_url}
            rounds = [
                (
                    _start(folder, PRODUCTION | env, "-m", "app.cli", "serve"),
                    _start(folder, {}, "-c", BARE),
                )
                for _ in range(ROUNDS)
            ]
    return [
        _figure(name, median(ours[unit] for ours, _ in rounds), median(b[unit] for _, b in rounds))
        for unit, name in enumerate(("`latchkey serve` to its first answer", "its CPU until then"))
    ]


def _start(folder: Path, env: dict[str, str], *arguments: str) -> tuple[float, float]:
    """Seconds of wall clock and of CPU. Raises `TimeoutError`."""
    port, started = free_port(), monotonic()
    with closing((folder / "log").open("ab")) as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}", "PORT": str(port)} | env,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(port, "/health/live", 60)
        return monotonic() - started, cpu_seconds(process.pid)
    finally:
        process.terminate()
        process.wait()


def _figure(name: str, ours: float, bare: float) -> Figure:
    return Figure(name, f"{ours:.2f} s", f"{bare:.2f} s", ours / bare, MOST, "times", most=True)
