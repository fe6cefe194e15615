"""The audit trail, by filters."""

from collections.abc import Iterator
from uuid import UUID

from advanced_alchemy.extensions.litestar.providers import create_service_provider
from advanced_alchemy.filters import CollectionFilter, OnBeforeAfter, OrderBy, StatementFilter
from litestar import Controller, get
from litestar.di import NamedDependency, Provide

from app.console.context import AnyRequest, OperatorContext, read_contact
from app.console.controllers.people import describe_details
from app.console.listing import SPANS, Listing
from app.console.records import AuditTrail
from app.domain.audit import AuditEvent, record_operator
from app.domain.errors import Rejected
from app.domain.operations.people import find_person
from app.web.response import HttpResponse

NEWEST_FIRST = OrderBy("at", "desc")


class AuditController(Controller):
    path = "/audit"
    dependencies = {
        "trail": Provide(create_service_provider(AuditTrail, count_with_window_function=False))
    }

    @get()
    async def show_audit(
        self,
        request: AnyRequest,
        trail: NamedDependency[AuditTrail],
        listing: NamedDependency[Listing],
    ) -> HttpResponse:
        context = OperatorContext.from_request(request)
        refusal, user_id = None, None
        try:
            user_id = await _find_user_id(context, listing["contact"])
        except Rejected as no:
            refusal = no
        rows, total = await trail.get_many_and_count(
            *_filters(listing, user_id), NEWEST_FIRST, listing.limit_offset
        )
        event = listing["event"]
        # Anything can be typed into an address: what names no event is not put on record.
        about = {"of": event} if event in [*AuditEvent] or (event and total) else {}
        async with context.console.database.connection() as connection:
            await record_operator(
                connection, AuditEvent.AUDIT_READ, user_id, page=listing.page, **about
            )
        return context.render(
            "audit.html",
            rows=[(row, describe_details(row.details)) for row in rows],
            listing=listing,
            pages=listing.describe(total),
            spans=SPANS,
            events=sorted(AuditEvent),
            refusal=refusal,
        )


def _filters(listing: Listing, user_id: UUID | None) -> Iterator[StatementFilter]:
    yield OnBeforeAfter("at", on_or_before=None, on_or_after=listing.since)
    if listing["event"]:
        yield CollectionFilter("event", [listing["event"]])
    if user_id:
        yield CollectionFilter("user_id", [user_id])


async def _find_user_id(context: OperatorContext, contact: str) -> UUID | None:
    """None where nobody was asked for. Raises `Rejected` for a contact that nobody has."""
    if not contact:
        return None
    named = read_contact(contact, context.console.settings.sms_regions)
    found = await find_person(context.console.database, named, is_recorded=False)
    if found is None:
        raise Rejected("Nobody has this number or address.", field="contact")
    return found.id
