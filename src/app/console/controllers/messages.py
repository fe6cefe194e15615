"""Texts and mails: all of them by filters, one with its history, and one that is taken back."""

import re
from typing import Any
from uuid import UUID

from advanced_alchemy.extensions.litestar.providers import create_service_provider
from advanced_alchemy.filters import CollectionFilter, OnBeforeAfter, OrderBy
from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.console.context import AnyRequest, OperatorContext, Question
from app.console.listing import SPANS, Listing
from app.console.records import MESSAGES, Messages
from app.domain.audit import AuditEvent, record_operator
from app.domain.support.messages import (
    FoundMessage,
    cancel_message,
    headline,
    list_history,
    show_message,
)
from app.web.response import HttpResponse

CHANNELS = {"sms": "Texts and calls", "email": "E-mails"}
STATES = ("queued", "sending", "sent", "delivered", "refused", "failed", "expired", "cancelled")
COUNTRY = re.compile("[A-Z]{2}")
NEWEST_FIRST = OrderBy("created_at", "desc")


class MessagesController(Controller):
    path = "/messages"
    dependencies = {
        "messages": Provide(
            create_service_provider(Messages, MESSAGES, count_with_window_function=False)
        )
    }

    @get()
    async def show_messages(
        self,
        request: AnyRequest,
        messages: NamedDependency[Messages],
        listing: NamedDependency[Listing],
    ) -> HttpResponse:
        context = OperatorContext.from_request(request)
        chosen = _choose(listing)
        filters = [CollectionFilter(name, [value]) for name, value in chosen.items()]
        since = OnBeforeAfter("created_at", on_or_before=None, on_or_after=listing.since)
        rows, total = await messages.get_many_and_count(
            since, *filters, NEWEST_FIRST, listing.limit_offset
        )
        if not COUNTRY.fullmatch(chosen.get("region", "")):
            chosen.pop("region", None)  # anything can be typed there, and a number is not recorded
        async with context.console.database.connection() as connection:
            await record_operator(
                connection, AuditEvent.MESSAGES_LISTED, page=listing.page, **chosen
            )
        return context.render(
            "messages.html",
            rows=rows,
            listing=listing,
            pages=listing.describe(total),
            spans=SPANS,
            channels=CHANNELS,
            states=STATES,
        )

    @get("/{message_id:uuid}")
    async def show_message(self, request: AnyRequest, message_id: FromPath[UUID]) -> HttpResponse:
        context = OperatorContext.from_request(request)
        message = await show_message(context.console.database, message_id)
        if message is None:
            raise NotFoundException
        return context.render(
            "message.html",
            message=message,
            headline=headline(message),
            history=list_history(message),
            can_cancel=_waits(message),
        )

    @get("/{message_id:uuid}/cancellation")
    async def show_cancellation(
        self, request: AnyRequest, message_id: FromPath[UUID]
    ) -> HttpResponse:
        context = OperatorContext.from_request(request)
        message = await show_message(context.console.database, message_id)
        if message is None:
            raise NotFoundException
        page = _page_of(message_id)
        if not _waits(message):
            return context.leave_for(page, "It doesn’t wait any more, so it can’t be taken back.")
        return Question(
            "Take this code back?",
            (
                f"The {headline(message)}, to {message.destination}, isn’t sent any more.",
                "The person can ask for another one.",
            ),
            action=f"{page}/cancellation",
            button="Take it back",
            back=page,
            is_danger=True,
        ).render(context)

    @post("/{message_id:uuid}/cancellation")
    async def submit_cancellation(
        self, request: AnyRequest, message_id: FromPath[UUID]
    ) -> HttpResponse:
        context = OperatorContext.from_request(request)
        await context.read_own_form()
        done = await cancel_message(context.console.database, message_id)
        notice = "Taken back." if done else "It was handed over just now, or is a notice."
        return context.leave_for(_page_of(message_id), notice)


def _choose(listing: Listing) -> dict[str, Any]:
    """What of each column is asked for."""
    chosen = {
        "channel": listing["channel"] if listing["channel"] in CHANNELS else "",
        "state": listing["state"] if listing["state"] in STATES else "",
        "region": listing["region"].upper(),
    }
    return {name: value for name, value in chosen.items() if value}


def _waits(message: FoundMessage) -> bool:
    return message.state == "queued" and not message.is_notice


def _page_of(message_id: UUID) -> str:
    return f"/console/messages/{message_id}"
