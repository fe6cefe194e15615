"""What PostgreSQL knows was sent: the fallback of the limits, and the caps of a day."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Any

from app.domain.delivery.counts import CountedLimit
from app.domain.keys import Signer
from app.domain.limits import HOUR, MINUTE, LimitTable
from app.domain.ports import Connection, Database, ReachedLimit
from app.domain.sql import load_queries

DIGITS = 10**12
NOBODYS_NUMBER, NOBODYS_ADDRESS = "+999", "@deleted.invalid"


class Pseudonyms:
    """`keys`: the first makes them, all know them again."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signer = Signer(keys)

    def make_pseudonym(self, value: str) -> str:
        """Keyed, so that trying all numbers finds none. A number or an address still has the form
        of one, which nobody has: country 999 is given to none, and `.invalid` is kept free by
        RFC 2606. '' stays ''.
        """
        return _made(self._signer, value)

    @staticmethod
    def is_pseudonym(contact: str) -> bool:
        """Of a number or an address."""
        return contact.startswith(NOBODYS_NUMBER) or contact.endswith(NOBODYS_ADDRESS)

    def list_names(self, value: str) -> list[str]:
        """All that it may stand under."""
        return [value, *(_made(one, value) for one in self._signer.each())]


def _made(signer: Signer, value: str) -> str:
    if not value:
        return ""
    digest = signer.sign(value.encode())
    if value.startswith("+"):
        return f"{NOBODYS_NUMBER}{int.from_bytes(digest[:8]) % DIGITS:012d}"
    return f"{digest.hex()[:32]}{NOBODYS_ADDRESS}" if "@" in value else digest.hex()[:32]


# The database fallback of the limits: what PostgreSQL knows was sent, when the short memory does
# not.
#
# Times are compared with the start of the statement: to find rows by it, an index needs a time that
# stands still, which `clock_timestamp()` does not.

sql = load_queries(__file__, "database_limits.sql")


COUNT = {"sms": sql.count_texts, "email": sql.count_mails}


async def find_reached_limit(
    connection: Connection,
    channel: str,
    counts: Sequence[CountedLimit],
    values: Mapping[str, str],
    pseudonyms: Pseudonyms,
) -> ReachedLimit | None:
    """The first limit that is full by the rows of the last day, the longest window. `values` are
    what the statement of the channel compares with. Sends to those who have deleted their account
    since are counted too.
    """
    windows = {window.seconds for counted in counts for window in counted.tally.windows} | {HOUR}
    sent = {
        seconds: await _count(connection, channel, seconds, values, pseudonyms)
        for seconds in windows
    }
    for index, counted in enumerate(counts):
        for window in counted.tally.windows:
            found = sent[window.seconds]
            credit = found[f"{counted.column}_proved"] if counted.tally.credit else 0
            if found[counted.column] >= window.limit + credit:
                return ReachedLimit(index, window.seconds, waiting=False)
        wait = _wait_left(sent[HOUR], counted)
        if wait > 0:
            return ReachedLimit(index, wait, waiting=True)
    return None


async def _count(
    connection: Connection,
    channel: str,
    seconds: int,
    values: Mapping[str, str],
    pseudonyms: Pseudonyms,
) -> dict[str, Any]:
    """What was sent in the last so many seconds, by column."""
    places = {name: value for name, value in values.items() if name != "regions"}
    names = {name: pseudonyms.list_names(value) for name, value in places.items()}
    near: Any = await connection.fetchrow(*COUNT[channel](seconds=float(seconds), **names))
    if channel == "sms":
        in_region = sql.count_in_region(seconds=float(seconds), region=values["regions"])
        far: Any = await connection.fetchrow(*in_region)
        return {**near, **far}
    in_all = sql.count_sent(channel=channel, seconds=float(seconds))
    return {**near, "in_all": await connection.fetchval(*in_all)}


def _wait_left(of_hour: Mapping[str, Any], counted: CountedLimit) -> int:
    """Seconds that must still pass before the next send, 0 when none."""
    waits, recent = counted.tally.waits, of_hour[counted.column]
    last = of_hour.get(f"last_{counted.column}")
    if not waits or not recent or last is None:
        return 0
    since_last = of_hour["now"] - last
    wait = waits[min(int(recent), len(waits)) - 1]
    return max(0, ceil(wait - float(since_last.total_seconds())))


# The caps of messages in all: told before a day's are used up, since then nobody new gets in.

log = logging.getLogger("app.daily_caps")

EVERY = MINUTE  # seconds between two looks of a server
AGAIN = HOUR  # seconds until the same is logged again
NEARLY = 80  # percent


@dataclass(frozen=True, slots=True)
class Used:
    """Of the messages that all may be sent together in so many seconds; 0 where all may."""

    sent: int
    limit: int
    seconds: int

    @property
    def percent(self) -> int:
        if not self.seconds:
            return 0
        return 100 * self.sent // self.limit if self.limit else 100

    @property
    def words(self) -> str:
        if not self.seconds:
            return "no limit is set"
        hours = self.seconds // HOUR
        return f"{self.sent} of {self.limit} in {hours} {'hour' if hours == 1 else 'hours'}"


class DailyCaps:
    def __init__(self, database: Database, table: LimitTable) -> None:
        self._database = database
        self._limits = {"sms": table.texts_in_all, "email": table.mails_in_all}
        self._logged_at: dict[tuple[str, str], float] = {}

    async def look_at_all(self) -> None:
        for channel in self._limits:
            await self.look(channel)

    async def look(self, channel: str) -> Used:
        """At the window that is fullest. From `NEARLY` on the log has it too."""
        used = [Used(0, 0, 0)]
        async with self._database.connection() as connection:
            for seconds, limit in self._limits[channel].windows:
                sent = await connection.fetchval(
                    *sql.count_sent(channel=channel, seconds=float(seconds))
                )
                used.append(Used(sent, limit, seconds))
        fullest = max(used, key=lambda each: each.percent)
        if fullest.percent >= NEARLY:
            self._tell(channel, fullest)
        return fullest

    def _tell(self, channel: str, used: Used) -> None:
        spent = used.percent >= 100
        event = (
            "all messages of the day are used" if spent else "messages of the day are running out"
        )
        now = monotonic()
        if now - self._logged_at.get((channel, event), -AGAIN) < AGAIN:
            return
        self._logged_at[channel, event] = now
        log.warning(event, extra={"channel": channel, "sent": used.sent, "limit": used.limit})
