"""What was refused, as the audit trail has it: for limits whose short memory is silent or young."""

from app.domain.ports import Connection, Tally, Window

# $1 pattern of events, $2 network, $3 seconds. The first condition is that of the index, which also
# needs a time that stands still: `clock_timestamp()` does not.
REFUSED = """
SELECT count(*) FROM audit_events
WHERE event LIKE '%refused' AND event LIKE $1 AND network = $2
  AND at > statement_timestamp() - make_interval(secs => $3)
"""


async def full_on_record(
    connection: Connection, tally: Tally, events: str, network: str
) -> Window | None:
    """The first window of `tally` that is full by what was refused in the whole `network`: nothing
    finer is kept. `events` is a pattern such as `%:code_refused`.
    """
    for window in tally.windows:
        refused = await connection.fetchval(REFUSED, events, network, float(window.seconds))
        if refused >= window.limit:
            return window
    return None


def outlasts(tally: Tally, memory_age: int) -> bool:
    """Whether it counts over more seconds than the memory has been counting."""
    return any(window.seconds > memory_age for window in tally.windows)
