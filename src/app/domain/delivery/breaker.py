"""A breaker per sender: after several failures in a row it is left alone for a while."""

from time import monotonic
from uuid import UUID

FAILURES = 5  # in a row, until it opens
REST = 10.0  # seconds it stays open; then one message tries again
AGED = 60.0  # seconds after which a failure no longer makes a row with the next


class CircuitBreaker:
    """Closed, open, or (after the rest) trying with one message at a time."""

    def __init__(self) -> None:
        self._failures = 0
        self.failed_at = 0.0  # by `monotonic`, last
        self._failed_last: UUID | None = None
        self._failing_since: float | None = None
        self._spared_until = 0.0
        self.unsure = False  # whether the last failure may have been none: there was no answer
        self.words = ""  # of the provider or the network, when it last failed; "" since it works

    @property
    def has_failed_too_often(self) -> bool:
        """Here, in this process."""
        return self._failures >= FAILURES and not self._is_past(AGED)

    @property
    def tripped(self) -> bool:
        """Open, or trying: messages wait for it."""
        return self.has_failed_too_often or monotonic() < self._spared_until

    @property
    def is_open(self) -> bool:
        resting = self.has_failed_too_often and not self._is_past(REST)
        return resting or monotonic() < self._spared_until

    def free_slots(self, in_flight: int, most: int) -> int:
        """How many more may be sent at once, with so many in flight already."""
        if self.is_open:
            return 0
        return max(0, (1 if self.tripped else most) - in_flight)

    def has_failed_for(self, seconds: float) -> bool:
        """Whether what was to be sent then waits: it failed before, and not one has succeeded."""
        return self._failing_since is not None and monotonic() - self._failing_since >= seconds

    def spare(self, seconds: float) -> None:
        """Leaves it alone for so long: another process has found it so."""
        self._spared_until = monotonic() + seconds

    def record_success(self) -> None:
        self._failures, self._failing_since = 0, None

    def record_failure(self, message: UUID | None = None, *, unsure: bool = False) -> None:
        """One `message` that fails again and again is no row: others may be taken meanwhile."""
        if self._is_past(AGED):
            self._failures = 1
        elif message is None or message != self._failed_last:
            self._failures += 1
        self._failed_last = message
        self.failed_at, self.unsure = monotonic(), unsure
        if self._failing_since is None:
            self._failing_since = self.failed_at

    def _is_past(self, seconds: float) -> bool:
        """Whether the last failure was so long ago."""
        return monotonic() - self.failed_at >= seconds
