"""`make run` in a fresh clone: how long until the first page, and at the next start."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.product import free_port

from bench.place import ROOT, wait_for
from bench.table import Figure

CLONE, AGAIN = 15.0, 4.0  # seconds, the promise
PATIENCE = 120.0


def first_page_figures() -> list[Figure]:
    """With a warm package cache; the clone brings nothing but what is committed."""
    with TemporaryDirectory(prefix="latchkey-clone-") as name:
        clone = Path(name) / "latchkey"
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        first, again = (_seconds_to_first_page(clone) for _ in range(2))
        shutil.rmtree(clone, ignore_errors=True)
    return [
        _figure("`make run` in a clone to the first page", first, CLONE),
        _figure("the next start to the first page", again, AGAIN),
    ]


def _seconds_to_first_page(clone: Path) -> float:
    port = free_port()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=clone,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return wait_for(f"http://127.0.0.1:{port}/signup/phone", PATIENCE)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _figure(name: str, seconds: float, most: float) -> Figure:
    return Figure(name, f"{seconds:.1f} s", "", seconds, most, "s", most=True)
