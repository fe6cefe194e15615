"""The audit trail, by filters."""

from collections.abc import Iterator

from advanced_alchemy.extensions.litestar.providers import create_service_provider
from advanced_alchemy.filters import CollectionFilter, OnBeforeAfter, OrderBy, StatementFilter
from litestar import Controller, get
from litestar.di import NamedDependency, Provide

from app.console.contacts import read_contact
from app.console.context import AnyRequest, OperatorContext
from app.console.listing import SPANS, Listing
from app.console.records import AuditTrail
from app.console.timeline import describe_details
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
        refusal, filters = None, [*_filters(listing)]
        try:
            filters += await _of_person(context, listing["contact"])
        except Rejected as no:
            refusal = no
        rows, total = await trail.get_many_and_count(*filters, NEWEST_FIRST, listing.limit_offset)
        async with context.console.database.connection() as connection:
            await record_operator(connection, AuditEvent.AUDIT_READ, page=listing.page)
        return context.render(
            "audit.html",
            rows=[(row, describe_details(row.details)) for row in rows],
            listing=listing,
            pages=listing.describe(total),
            spans=SPANS,
            events=sorted(AuditEvent),
            refusal=refusal,
        )


def _filters(listing: Listing) -> Iterator[StatementFilter]:
    yield OnBeforeAfter("at", on_or_before=None, on_or_after=listing.since)
    if listing["event"]:
        yield CollectionFilter("event", [listing["event"]])


async def _of_person(context: OperatorContext, contact: str) -> list[StatementFilter]:
    """Raises `Rejected` for a contact that nobody has."""
    if not contact:
        return []
    named = read_contact(contact, context.console.settings.sms_regions)
    found = await find_person(context.console.database, named, is_recorded=False)
    if found is None:
        raise Rejected("Nobody has this number or address.", field="contact")
    return [CollectionFilter("user_id", [found.id])]
