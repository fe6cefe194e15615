"""Every limit in one table, and who is counted. The numbers come from `promises`; 0 allows none.

Entries are counted in the short memory, atomically over all processes. PostgreSQL holds what was
sent, so when the short memory is silent, or has not been counting for a whole day, the
same limits are read from there: a flushed cache resets nothing.
"""

from dataclasses import dataclass, field
from functools import cache, lru_cache
from ipaddress import ip_address, ip_network

from app.domain.errors import TooMany, Unavailable
from app.domain.ports import Tally, Window

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """`windows` are (seconds, most entries); `waits` the seconds before the next of an hour's."""

    windows: tuple[tuple[int, int], ...]
    waits: tuple[int, ...] = ()

    def tally(self, key: str) -> Tally:
        return Tally(key, _windows(self.windows), self.waits)


@cache
def _windows(pairs: tuple[tuple[int, int], ...]) -> tuple[Window, ...]:
    return tuple(Window(*pair) for pair in pairs)


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The numbers in force. `LIMITS_FILE` replaces single entries by these names."""

    texts_per_number: Limit = Limit(((HOUR, 5), (DAY, 10)), waits=(30, 60, 120, 300))
    texts_per_block: Limit = Limit(((HOUR, 5), (DAY, 20)))
    texts_per_region: Limit = Limit(((DAY, 50),))
    texts_in_all: Limit = Limit(((DAY, 500),))
    texts_per_address: Limit = Limit(((HOUR, 10), (DAY, 30)))
    texts_per_network: Limit = Limit(((HOUR, 50),))
    mails_per_mailbox: Limit = Limit(((HOUR, 5), (DAY, 10)), waits=(60,))
    mails_per_address: Limit = Limit(((HOUR, 20),))
    wrong_codes_per_address: Limit = Limit(((HOUR, 30),))
    wrong_passwords_per_address: Limit = Limit(((15 * MINUTE, 20),))
    # In the row of the session, so by its first window alone.
    refreshes_per_session: Limit = Limit(((MINUTE, 30),))
    accounts_per_address: Limit = Limit(((15 * MINUTE, 10),))
    # Codes of an identity provider that it does not take.
    refused_grants_per_address: Limit = Limit(((15 * MINUTE, 20),))
    wrong_codes_per_contact: Limit = Limit(((HOUR, 10), (DAY, 20)))
    # Regions that may receive more texts than `texts_per_region`, e.g. {"US": 5000} a day.
    raised_regions: dict[str, int] = field(default_factory=dict)

    def for_region(self, region: str) -> Limit:
        raised = self.raised_regions.get(region)
        return self.texts_per_region if raised is None else Limit(((DAY, raised),))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, as coarse as it is counted and kept."""

    address: str
    network: str

    @classmethod
    @lru_cache(4096)
    def of(cls, ip: str) -> "Origin":
        """v4: /32 and /24. v6: /64 and /48, since one customer is given at least a /64."""
        wide, near = (24, 32) if ip_address(ip).version == 4 else (48, 64)
        return cls(
            str(ip_network(f"{ip}/{near}", strict=False)),
            str(ip_network(f"{ip}/{wide}", strict=False)),
        )


class TooSoon(TooMany):
    """Asked again before the wait between two sends was over."""

    code = "too_soon"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"You can ask again in {in_words(seconds)}.", retry_after=seconds)


class TooManySends(TooMany):
    """An hourly or daily cap of one person's; how long it lasts is not told (contract 9.9)."""

    code = "too_many_sends"
    message = "That is as many codes as we send for now. Try again later, or another way."


class TooManyGuesses(TooMany):
    code = "too_many_guesses"

    def __init__(self, seconds: int) -> None:
        minutes = -(-seconds // MINUTE)
        super().__init__(
            f"There were too many wrong codes. Try again in {in_words(minutes * MINUTE)}.",
            field="code",
            retry_after=minutes * MINUTE,
        )


class TextsStopped(Unavailable):
    """The day's texts, or a region's, are spent: nobody's fault who asks now."""

    code = "texts_stopped"
    message = "We cannot send texts to that number today. Nothing was lost. Try again tomorrow."


def in_words(seconds: int) -> str:
    """A wait as people say it: 18 seconds, 1 minute, 2 hours."""
    for unit, name in ((HOUR, "hour"), (MINUTE, "minute"), (1, "second")):
        if seconds >= unit and (seconds >= 2 * unit or seconds % unit == 0):
            count = -(-seconds // unit)
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "a moment"
