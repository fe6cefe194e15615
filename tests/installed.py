"""Latchkey as an operator installs it: from a wheel, into an environment of its own, run by an
account that owns nothing and may write nothing.
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
UV = ROOT / ".tools" / "bin" / "uv"
NOBODY = "54321"  # no account has this number
# Nothing that is mounted at / can be written to any more, by nobody.
READ_ONLY = 'mount -o remount,ro,bind / && exec "$@"'
DROPPED = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


def build_wheel(folder: Path) -> Path:
    """What `make wheel` does."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def files_in(wheel: Path) -> set[str]:
    with ZipFile(wheel) as opened:
        return set(opened.namelist())


def install(wheel: Path, folder: Path) -> Path:
    """Returns the folder of its programs. What it needs comes from requirements/run.txt."""
    python = folder / "bin" / "python"
    _uv("venv", "--python", readable_python(), str(folder))
    pinned = ROOT / "requirements" / "run.txt"
    _uv("pip", "install", "--python", str(python), "--require-hashes", "-r", str(pinned))
    _uv("pip", "install", "--python", str(python), "--no-deps", "--offline", str(wheel))
    return python.parent


def _uv(*words: str) -> None:
    done = subprocess.run([UV, "-q", *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@cache
def readable_python() -> str:
    """Ours may be in the home of root, where nobody else can run it."""
    return next(python for python in (_base(), "/usr/bin/python3") if _serves_nobody(python))


def _base() -> str:
    base: str = sys._base_executable  # type: ignore[attr-defined]
    return base


def _serves_nobody(python: str) -> bool:
    """Whether it is new enough, and the same Python as for us: parts of it may not be found."""
    words = "import sys; print(sys.version_info >= (3, 11), sys.version, sys.prefix)"
    ours, theirs = (
        subprocess.run([*before, python, "-c", words], capture_output=True, text=True).stdout
        for before in ((), confined())
    )
    return ours == theirs and ours.startswith("True")


@cache
def confined() -> tuple[str, ...]:
    """What goes before a command that is to run as nobody, with a root that is read-only: as much
    of that as whoever runs the tests can have.
    """
    if os.geteuid() != 0:
        return ()
    sealed = ("unshare", "--mount", "--", "sh", "-c", READ_ONLY, "sh")
    done = subprocess.run([*sealed, "true"], capture_output=True)
    return (*sealed, *DROPPED) if done.returncode == 0 else tuple(DROPPED)
