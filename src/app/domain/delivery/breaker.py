"""A breaker per provider: after several failures in a row it is left alone for a while."""

from time import monotonic

FAILURES = 5  # in a row, until it opens
REST = 10.0  # seconds it stays open; then one message tries again


class Breaker:
    """Closed, open, or (after the rest) trying with one message at a time."""

    def __init__(self) -> None:
        self._failures = 0
        self._rests_until = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= FAILURES and monotonic() < self._rests_until

    def room(self, in_hand: int, most: int) -> int:
        """How many more may be sent at once, with so many in hand already."""
        if self.open:
            return 0
        trying = self._failures >= FAILURES
        return max(0, (1 if trying else most) - in_hand)

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._rests_until = monotonic() + REST
