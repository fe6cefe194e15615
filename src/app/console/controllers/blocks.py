"""Blocks: who is kept out, by whom and until when; one more, and one less."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from litestar import Controller, get, post
from litestar.exceptions import NotFoundException

from app.console.context import AnyRequest, OperatorContext, Question
from app.domain.blocks import (
    Target,
    add_block,
    remove_block,
    show_blocks,
)
from app.domain.errors import Refusal, Rejected
from app.domain.operations.words import describe_block, parse_target
from app.web.response import HttpResponse

BLOCKS = "/console/blocks"
FIELDS = ("target", "days", "reason")
DAYS = {"1": "a day", "7": "7 days", "30": "30 days", "": "until it is removed"}
DEFAULT_DAYS = "7"
LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class NewBlock:
    """`days` is None for one without an end."""

    target: Target
    days: int | None
    reason: str

    @classmethod
    def read(cls, given: dict[str, str]) -> "NewBlock":
        """Raises `Rejected`."""
        target = parse_target(given.get("target", ""))
        reason = " ".join(given.get("reason", "").split())
        if not reason or len(reason) > LONGEST_REASON:
            raise Rejected("Say why, in a few words of your own.", field="reason")
        days = given.get("days", DEFAULT_DAYS)
        return cls(target, int(days if days in DAYS else DEFAULT_DAYS) if days else None, reason)

    @property
    def fields(self) -> dict[str, str]:
        days = "" if self.days is None else str(self.days)
        return {"target": self.target.value, "days": days, "reason": self.reason}

    def describe(self) -> str:
        ends = datetime.now(UTC) + timedelta(days=self.days) if self.days else None
        return describe_block(self.target, ends)


class BlocksController(Controller):
    path = "/blocks"

    @get()
    async def show_blocks(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        return await _show(context, context.info.query_params)

    @get("/new")
    async def show_new(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        given = context.info.query_params
        try:
            block = NewBlock.read(given)
        except Rejected as refusal:
            return await _show(context, given, refusal)
        return Question(
            f"Block {block.target.value}?",
            (
                block.describe(),
                "Sessions go on, and owners sign in by their other ways.",
                f"Reason on record: {block.reason}",
            ),
            action=f"{BLOCKS}/new",
            button="Block",
            back=BLOCKS,
            fields=block.fields,
            is_danger=True,
        ).render(context)

    @post("/new")
    async def submit_new(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        form = await context.read_own_form(*FIELDS)
        block = NewBlock.read(form.fields)
        seconds = block.days and block.days * 86_400
        await add_block(context.console.database, block.target, block.reason, seconds)
        return context.leave_for(BLOCKS, block.describe())

    @get("/removal")
    async def show_removal(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        target = parse_target(context.info.query_params.get("target", ""))
        return Question(
            f"Let {target.value} in again?",
            ("From now on it is treated like any other. What a limit says still holds.",),
            action=f"{BLOCKS}/removal",
            button="Let in again",
            back=BLOCKS,
            fields={"target": target.value},
        ).render(context)

    @post("/removal")
    async def submit_removal(self, request: AnyRequest) -> HttpResponse:
        context = OperatorContext.from_request(request)
        form = await context.read_own_form("target")
        target = parse_target(form["target"])
        if not await remove_block(context.console.database, target):
            raise NotFoundException
        return context.leave_for(BLOCKS, f"Let in again: {target.kind} {target.value}.")


async def _show(
    context: OperatorContext, given: dict[str, str], refusal: Refusal | None = None
) -> HttpResponse:
    return context.render(
        "blocks.html",
        blocks=await show_blocks(context.console.database),
        given={name: given.get(name, "") for name in FIELDS},
        days=DAYS,
        chosen_days=given.get("days", DEFAULT_DAYS),
        refusal=refusal,
    )
