"""What operators are shown of texts: what was sent, proved and paid, and what is stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.delivery.pressure import Conversion, count_region
from app.domain.delivery.spending import Spent, find_spent, sql
from app.domain.delivery.stops import Stops, StopState
from app.domain.limits import LimitTable
from app.domain.ports import Connection, Database, Record

SIGNUP_DAYS = 7  # as long as codes are kept


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """Of the last hour and day. Costs in millionths. `unproved`: strangers' texts of the hour, as
    pressure counts them; `wait`: what that makes a stranger wait in seconds, None where all is
    calm.
    """

    region: str
    sent_hour: int
    sent_day: int
    proved_hour: int
    proved_day: int
    cost_hour: int
    cost_day: int
    unproved: int
    wait: int | None

    @property
    def percent_proved(self) -> int:
        return 100 * self.proved_day // max(1, self.sent_day)


@dataclass(frozen=True, slots=True)
class StopStatus:
    kind: str
    key: str
    room: str
    state: StopState
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TextStatus:
    """`cost_per_signup` is that of `find_cost_per_signup`."""

    spent: Spent | None
    regions: Sequence[RegionStatus]
    stops: Sequence[StopStatus]
    cost_per_signup: float | None


async def find_text_status(database: Database, table: LimitTable) -> TextStatus:
    stops = await Stops(database, table.conversion_breaker).list_all()
    now = datetime.now(UTC)
    async with database.connection() as connection:
        rows = await connection.fetch(*sql.find_regions())
        regions = [await _status(connection, row, table) for row in rows]
        spent = await find_spent(connection)
        cost = await find_cost_per_signup(connection, SIGNUP_DAYS)
    shown = [
        StopStatus(stop.kind, stop.key, stop.room, state, stop.reason,
                   now + timedelta(seconds=stop.seconds_left))
        for stop, state in stops
    ]  # fmt: skip
    return TextStatus(spent, regions, shown, cost)


async def _status(connection: Connection, row: Record, table: LimitTable) -> RegionStatus:
    [counted] = await connection.fetch(*count_region(row["region"], table.pressure))
    conversion = Conversion(counted["strangers_unproved"], counted["strangers_proved"])
    names = (
        "region",
        "sent_hour",
        "sent_day",
        "proved_hour",
        "proved_day",
        "cost_hour",
        "cost_day",
    )
    return RegionStatus(
        **{name: row[name] for name in names},
        unproved=conversion.unproved,
        wait=conversion.find_wait(table.pressure),
    )


async def find_cost_per_signup(connection: Connection, days: int) -> float | None:
    """Millionths of the currency's unit that the texts and calls of sign-ups have cost in so many
    days, for each number that was proved in one; None where none was.
    """
    row = await connection.fetchrow(*sql.find_cost_of_signups(days=days))
    return row["cost"] / row["proved"] if row and row["proved"] else None
