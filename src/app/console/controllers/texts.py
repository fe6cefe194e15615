"""Texts by region: what was sent and paid, what is stopped, and an operator's word on that."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from litestar import Controller, get, post

from app.console.context import AnyRequest, OperatorContext, Question
from app.domain.delivery.stops import CONVERSION, ROOMS, override_stops
from app.domain.delivery.text_status import find_text_status
from app.domain.errors import Refusal, Rejected
from app.domain.operations.words import describe_override, parse_place
from app.web.response import HttpResponse

TEXTS = "/console/texts"
FIELDS = ("place", "hours", "reason", "everybody")
HOURS = {"1": "an hour", "24": "24 hours", "168": "7 days"}
DEFAULT_HOURS = "24"
LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Override:
    """What an operator says of a place, for so many hours."""

    kind: str
    key: str
    hours: int
    reason: str
    everybody: bool

    @classmethod
    def read(cls, given: dict[str, str]) -> "Override":
        """Raises `Rejected`."""
        place = parse_place(given.get("place", ""))
        reason = " ".join(given.get("reason", "").split())
        if reason in ("", CONVERSION) or len(reason) > LONGEST_REASON:
            raise Rejected("Say why, in a few words of your own.", field="reason")
        hours = given.get("hours", "")
        chosen = hours if hours in HOURS else DEFAULT_HOURS
        return cls(*place, int(chosen), reason, given.get("everybody") == "yes")

    @property
    def fields(self) -> dict[str, str]:
        fields = {"place": self.key, "hours": str(self.hours), "reason": self.reason}
        return fields | ({"everybody": "yes"} if self.everybody else {})

    def describe(self, *, is_allowed: bool) -> str:
        ends = datetime.now(UTC) + timedelta(hours=self.hours)
        return describe_override(
            self.kind, self.key, ends, is_allowed=is_allowed, everybody=self.everybody
        )


class TextsController(Controller):
    path = "/texts"

    @get()
    async def show_texts(self, request: AnyRequest) -> HttpResponse:
        return await _show(OperatorContext.from_request(request), {})

    @get("/stop")
    async def show_stop(self, request: AnyRequest) -> HttpResponse:
        return await _ask(request, is_allowed=False)

    @post("/stop")
    async def submit_stop(self, request: AnyRequest) -> HttpResponse:
        return await _override(request, is_allowed=False)

    @get("/allow")
    async def show_allow(self, request: AnyRequest) -> HttpResponse:
        return await _ask(request, is_allowed=True)

    @post("/allow")
    async def submit_allow(self, request: AnyRequest) -> HttpResponse:
        return await _override(request, is_allowed=True)


async def _show(
    context: OperatorContext, given: dict[str, str], refusal: Refusal | None = None
) -> HttpResponse:
    console = context.console
    return context.render(
        "texts.html",
        texts=await find_text_status(console.database, console.limits),
        given={name: given.get(name, "") for name in FIELDS},
        hours=HOURS,
        default_hours=DEFAULT_HOURS,
        refusal=refusal,
    )


async def _ask(request: AnyRequest, *, is_allowed: bool) -> HttpResponse:
    context = OperatorContext.from_request(request)
    given = context.info.query_params
    try:
        override = Override.read(given)
    except Rejected as refusal:
        return await _show(context, given, refusal)
    verb = "Allow" if is_allowed else "Stop"
    held = (
        "Breaker and pressure don’t hold there meanwhile; budgets do."
        if is_allowed
        else "People there are offered the other ways in."
    )
    return Question(
        f"{verb} texts to {override.key}?",
        (override.describe(is_allowed=is_allowed), held, f"Reason on record: {override.reason}"),
        action=f"{TEXTS}/{verb.lower()}",
        button=f"{verb} texts",
        back=TEXTS,
        fields=override.fields,
        is_danger=not is_allowed,
    ).render(context)


async def _override(request: AnyRequest, *, is_allowed: bool) -> HttpResponse:
    context = OperatorContext.from_request(request)
    form = await context.read_own_form(*FIELDS)
    override = Override.read(form.fields)
    await override_stops(
        context.console.database,
        override.kind,
        override.key,
        ROOMS if override.everybody else ROOMS[:-1],
        override.hours * 3600,
        override.reason,
        is_allowed=is_allowed,
    )
    return context.leave_for(TEXTS, override.describe(is_allowed=is_allowed))
