"""Today: how sign-ups and sends go, what they cost, what is stopped, and what waits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from advanced_alchemy.extensions.litestar.providers import create_service_provider
from litestar import Controller, get
from litestar.di import NamedDependency, Provide

from app.console.context import AnyRequest, Console, OperatorContext
from app.console.records import MESSAGES, HourOfSends, Messages
from app.domain.audit import AuditEvent
from app.domain.delivery.text_status import find_text_status
from app.domain.errors import Unavailable
from app.domain.statistics import count_steps
from app.web.response import HttpResponse

WIDTH = 240  # units of a drawing, which is stretched to its place
ROW, BAR = 32, 16  # units of height: of a row of the table beside it, and of the bar in it
COLUMNS = 120  # the height of the highest column
HOURS = 24
AXIS = 6  # hours from one label to the next
CHANNELS = ("sms", "email")  # from below


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`key` names it in the page. The first cell of each row is its heading. `axis` are the words
    below it, at equal distances; without them its rows stand beside it. `legend` says what the
    kinds of bars are, where there are several.
    """

    key: str
    title: str
    description: str
    height: int
    bars: Sequence[Bar]
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    axis: tuple[str, ...] = ()
    legend: Sequence[tuple[str, str]] = ()

    @property
    def width(self) -> int:
        return WIDTH


def draw_funnel(steps: Sequence[tuple[str, int]]) -> Chart:
    """A bar a step, as long as so many people did it."""
    most = max([1, *(count for _, count in steps)])
    bars = [
        Bar(0, row * ROW + (ROW - BAR) / 2, round(WIDTH * count / most, 1), BAR, "sms")
        for row, (_, count) in enumerate(steps)
    ]
    first, last = steps[0][1], steps[-1][1]
    return Chart(
        "funnel",
        "Codes and accounts, the last 24 hours",
        f"From {first:,} codes sent to {last:,} accounts made. Sign-ins by phone are among the"
        " codes and numbers.",
        ROW * len(steps),
        bars,
        ("Step", "People"),
        [(name, f"{count:,}") for name, count in steps],
    )


def draw_sends(counted: Sequence[HourOfSends], now: datetime) -> Chart:
    """A column an hour, codes by text or call below those by e-mail."""
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=back) for back in reversed(range(HOURS))]
    by_hour = {(each.hour.astimezone(UTC), each.channel): each.messages for each in counted}
    found = [[by_hour.get((hour, channel), 0) for channel in CHANNELS] for hour in hours]
    most = max([1, *map(sum, found)])
    texts, mails = (sum(counts[which] for counts in found) for which in range(2))
    return Chart(
        "sends",
        "Codes sent by hour, the last 24 hours",
        f"{texts:,} by text or call and {mails:,} by e-mail; at most {most:,} in an hour (UTC).",
        COLUMNS,
        [bar for column, counts in enumerate(found) for bar in _columns(column, counts, most)],
        ("Hour (UTC)", "Texts, calls", "E-mails"),
        [
            (f"{hour:%d %b %H:00}", f"{counts[0]:,}", f"{counts[1]:,}")
            for hour, counts in zip(hours, found, strict=True)
        ],
        axis=tuple(f"{hour:%H} h" for hour in hours[::AXIS]),
        legend=(("sms", "texts and calls"), ("email", "e-mails")),
    )


def _columns(column: int, counts: Sequence[int], most: int) -> Iterator[Bar]:
    """Of one hour, from below."""
    width, bottom = WIDTH / HOURS, float(COLUMNS)
    for channel, count in zip(CHANNELS, counts, strict=True):
        height = COLUMNS * count / most
        bottom -= height
        if count:
            yield Bar(round(column * width + 0.5, 1), round(bottom, 1), round(width - 1, 1),
                      round(height, 1), channel)  # fmt: skip


STEPS = {
    AuditEvent.SIGNUP_CODE_SENT: "Codes sent",
    AuditEvent.SIGNUP_PHONE_PROVED: "Numbers proved",
    AuditEvent.SIGNUP_EMAIL_PROVED: "Addresses proved",
    AuditEvent.SIGNUP_COMPLETED: "Accounts made",
}


class TodayController(Controller):
    path = "/"
    dependencies = {"messages": Provide(create_service_provider(Messages, MESSAGES))}

    @get()
    async def show_today(
        self, request: AnyRequest, messages: NamedDependency[Messages]
    ) -> HttpResponse:
        context = OperatorContext.from_request(request)
        console, now = context.console, datetime.now(UTC)
        async with console.database.connection() as connection:
            steps = await count_steps(connection, 1)
        counted = await messages.repository.count_by_hour(HOURS)
        return context.render(
            "today.html",
            charts=[
                draw_funnel([(name, steps[event]) for event, name in STEPS.items()]),
                draw_sends(counted, now),
            ],
            texts=await find_text_status(console.database, console.limits),
            queue=await messages.repository.find_queue(),
            redis=await _describe_redis(console),
            now=now,
        )


async def _describe_redis(console: Console) -> str:
    """What is wrong with it; '' where it answers."""
    try:
        await console.memory.get("console")
    except Unavailable as away:
        return away.reason or "no answer"
    return ""
