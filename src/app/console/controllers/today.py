"""Today: how sign-ups and sends go, what they cost, what is stopped, and what waits."""

from datetime import UTC, datetime

from advanced_alchemy.extensions.litestar.providers import create_service_provider
from litestar import Controller, get
from litestar.di import NamedDependency, Provide

from app.console.charts import HOURS, draw_funnel, draw_sends
from app.console.context import AnyRequest, Console, OperatorContext
from app.console.records import MESSAGES, Messages
from app.domain.audit import AuditEvent
from app.domain.delivery.text_status import find_text_status
from app.domain.errors import Unavailable
from app.domain.statistics import count_steps
from app.web.response import HttpResponse

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
