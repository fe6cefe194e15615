"""The logs of the keeper and its servers, one file each beside the data."""

from pathlib import Path
from typing import BinaryIO

LIMIT = 1_000_000  # bytes; a longer log is begun anew at the next start
LINES = 15


def appending(log: Path) -> BinaryIO:
    """The open file."""
    full = log.exists() and log.stat().st_size > LIMIT
    return log.open("wb" if full else "ab")


def tail(log: Path) -> str:
    """The last lines, for an error on the terminal."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LINES:])
