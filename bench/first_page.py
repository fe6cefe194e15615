"""`make run` in a fresh clone: how long until the first page, and at the next start."""

import os
import signal
import subprocess
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.product import free_port

from app.settings import Settings
from bench.place import ROOT, wait_for
from bench.table import Figure

CLONE, AGAIN = 15.0, 4.0  # seconds, the promise
PATIENCE = 120.0
# Neither settings of ours nor the make that may have started us.
NOT_TOLD = {field.name.upper() for field in fields(Settings)} | {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}


def first_page_figures() -> list[Figure]:
    """With a warm package cache; the clone brings nothing but what is committed."""
    with TemporaryDirectory(prefix="latchkey-clone-") as name:
        clone = Path(name) / "latchkey"
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
        first, again = (_seconds_to_first_page(clone) for _ in range(2))
    return [
        _figure("`make run` in a clone to the first page", first, CLONE),
        _figure("the next start to the first page", again, AGAIN),
    ]


def _seconds_to_first_page(clone: Path) -> float:
    """Raises `TimeoutError`; what make said is on our stderr."""
    port = free_port()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env={name: os.environ[name] for name in os.environ.keys() - NOT_TOLD} | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return wait_for(port, "/signup/phone", PATIENCE)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def _figure(name: str, seconds: float, most: float) -> Figure:
    return Figure(name, f"{seconds:.1f} s", "", seconds, most, "s", most=True)
