"""The floor under the limits: what PostgreSQL knows was sent, when the short memory does not.

Times are compared with the start of the statement: to find rows by it, an index needs a time that
stands still, which `clock_timestamp()` does not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from app.domain.errors import Refusal
from app.domain.limits import HOUR
from app.domain.ports import Connection, Reached, Record, Tally

# Notices have nobody's address: they are no send of whoever caused them (contract 9.10).
ASKED_FOR = "address <> ''"


@dataclass(frozen=True, slots=True)
class Counted:
    """One limit of a send: its tally, and the column of `deliveries` that shows the same.

    A tally without column lives in the short memory only.
    """

    tally: Tally
    column: str
    value: str
    refused: Callable[[Reached], Refusal]


async def reached_on_record(
    connection: Connection, channel: str, counts: Sequence[Counted]
) -> Reached | None:
    """The first limit that is full by the rows of the last day, the longest window."""
    values = [counted.value for counted in counts]
    [row] = await connection.fetch(_question(counts), channel, *values)
    for index, counted in enumerate(counts):
        for at, window in enumerate(counted.tally.windows):
            if row[f"n{index}_{at}"] >= window.limit:
                return Reached(index, window.seconds, waiting=False)
        wait = _wait_left(row, index, counted.tally)
        if wait > 0:
            return Reached(index, wait, waiting=True)
    return None


def uncounted(channel: str) -> str:
    """Rows of sends that the short memory missed, and whose limits it therefore cannot hold."""
    return (
        f"SELECT 1 FROM deliveries WHERE NOT counted AND channel = '{channel}'"
        " AND created_at > statement_timestamp() - interval '1 day'"
    )


def _question(counts: Sequence[Counted]) -> str:
    """One pass over the day's sends that counts for every limit at once. Notices were asked for by
    nobody: they have no address, and leave everybody's limits alone (contract 9.10).
    """
    columns = ", ".join(
        column for i, counted in enumerate(counts) for column in _columns(i, counted)
    )
    return (
        f"SELECT {columns} FROM deliveries"
        f" WHERE channel = $1 AND {ASKED_FOR}"
        " AND created_at > statement_timestamp() - interval '1 day'"
    )


def _columns(index: int, counted: Counted) -> Iterator[str]:
    mine = f"{counted.column} = ${index + 2}"
    for at, window in enumerate(counted.tally.windows):
        yield f"count(*) FILTER (WHERE {mine} AND {_within(window.seconds)}) AS n{index}_{at}"
    if counted.tally.waits:
        yield f"count(*) FILTER (WHERE {mine} AND {_within(HOUR)}) AS recent{index}"
        since_last = f"max(created_at) FILTER (WHERE {mine})"
        yield f"extract(epoch FROM statement_timestamp() - {since_last})::float AS since{index}"


def _within(seconds: int) -> str:
    return f"created_at > statement_timestamp() - interval '{seconds:d} seconds'"


def _wait_left(row: Record, index: int, tally: Tally) -> int:
    """Seconds that must still pass before the next send, 0 when none."""
    if not tally.waits or not row[f"recent{index}"]:
        return 0
    waits = tally.waits
    wait = waits[min(int(row[f"recent{index}"]), len(waits)) - 1]
    return max(0, ceil(wait - float(row[f"since{index}"])))
