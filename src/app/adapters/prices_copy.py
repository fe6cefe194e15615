"""The last good prices on disk: for a start while both stores are down."""

import logging
import os
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("app.prices")

PRICES_COPY = Path(".latchkey") / "prices.json"


class PricesCopy:
    """The `LastGood` port. All processes write the same, each in its own way into its place."""

    def __init__(self, path: Path = PRICES_COPY) -> None:
        self._path = path

    def read(self) -> bytes | None:
        """None when there is none, or none that can be read."""
        try:
            return self._path.read_bytes()
        except OSError:
            return None

    def write(self, copy: bytes) -> bool:
        """Whole or not at all. A disk that is full or not ours is told in the log."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(copy)
            fresh.replace(self._path)
            return True
        except OSError as error:
            log.warning("the prices could not be saved", extra={"error": type(error).__name__})
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
