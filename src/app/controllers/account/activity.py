"""What happened to the account, and where to go if it was somebody else."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Controller, Request, get

from app.controllers.account.handler import AccountHandler
from app.domain.account.activity import Activity, Place
from app.domain.audit import AuditEvent
from app.domain.credentials.device import describe_device, describe_network
from app.domain.i18n import LazyText, Text
from app.web.response import HttpResponse

HERE = "/account/activity"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# A time in microseconds, until the year 2286, and the number of an event. Addresses that were kept
# from before there was the number have the time alone.
PLACE = re.compile("([0-9]{1,16})(?:-([0-9]{1,18}))?")
ACCOUNT, SESSIONS, PASSWORD = "/account", "/account/sessions", "/account/password"
EMAIL, PHONE, IDENTITIES = "/account/email", "/account/phone", "/account/identities"
# Where whoever did not do it ends what it led to. What they can do nothing about is not here.
REMEDIES = {
    AuditEvent.ACCOUNT_CHANGE_UNDONE: PASSWORD,
    AuditEvent.ACCOUNT_CONFIRMATION_REQUESTED: ACCOUNT,
    AuditEvent.ACCOUNT_CONFIRMATION_STOPPED: PASSWORD,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_CANCELLED: SESSIONS,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_DELAYED: ACCOUNT,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_REFUSED: SESSIONS,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_STOPPED: PASSWORD,
    AuditEvent.ACCOUNT_EMAIL_CHANGED: EMAIL,
    AuditEvent.ACCOUNT_EXPORTED: PASSWORD,
    AuditEvent.ACCOUNT_PASSWORD_CHANGED: PASSWORD,
    AuditEvent.ACCOUNT_PHONE_CHANGE_CANCELLED: SESSIONS,
    AuditEvent.ACCOUNT_PHONE_CHANGE_DELAYED: ACCOUNT,
    AuditEvent.ACCOUNT_PHONE_CHANGE_REFUSED: SESSIONS,
    AuditEvent.ACCOUNT_PHONE_CHANGE_STOPPED: PASSWORD,
    AuditEvent.ACCOUNT_PHONE_CHANGED: PHONE,
    AuditEvent.ACCOUNT_PHONE_RELEASED: PHONE,
    AuditEvent.ACCOUNT_UNDO_BEGUN: PASSWORD,
    AuditEvent.EMAIL_GUESSES_HELD: PASSWORD,
    AuditEvent.IDENTITY_LINKED: IDENTITIES,
    AuditEvent.IDENTITY_REMOVED: IDENTITIES,
    AuditEvent.PHONE_GUESSES_HELD: PASSWORD,
    AuditEvent.PLAN_CHOSEN: "/plan",
    AuditEvent.PLAN_GIVEN_UP: "/plan",
    AuditEvent.RECOVERY_COMPLETED: PASSWORD,
    AuditEvent.SESSION_CONFIRMED: SESSIONS,
    AuditEvent.SESSION_CONFIRMED_WITHOUT_PHONE: SESSIONS,
    AuditEvent.SESSION_OPENED: SESSIONS,
    AuditEvent.SESSION_REPLAYED: PASSWORD,
}


class AccountActivityController(Controller):
    path = HERE
    include_in_schema = False

    @get()
    async def show_activity(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """A page of it: the newest, or what is older than the address says."""
        handler = await AccountHandler.for_request(request)
        before = _read_place(handler.context.info.query_params.get("before", ""))
        page = await handler.account.activities.list_page(handler.person.id, before)
        label = LazyText(handler.container.pages.templates.auth0_label, {})
        here = handler.context.origin.network
        values = {
            "entries": [describe_entry(entry, here, label) for entry in page.entries],
            "newest": HERE if before else "",
            "older": f"{HERE}?before={_write_place(page.last)}" if page.last else "",
        }
        return handler.render_page("activity.html", values)


def describe_entry(entry: Activity, here: str, auth0_label: Text) -> dict[str, object]:
    """As the page shows it to somebody in the network `here`."""
    return {
        "sentence": LazyText(entry.sentence, {"auth0_label": auth0_label}),
        "at": entry.at,
        "device": describe_device(entry.device) if entry.device else "",
        "is_new_device": entry.is_new_device,
        "network": describe_network(entry.network),
        "is_here": entry.network == here,
        "remedy": REMEDIES.get(entry.event, ""),
    }


def _read_place(given: str) -> Place | None:
    """None for what is none: it is as if nothing had been asked for."""
    if not (found := PLACE.fullmatch(given)):
        return None
    at = EPOCH + int(found[1]) * MICROSECOND
    return Place(at, int(found[2]) if found[2] else None)


def _write_place(place: Place) -> str:
    return f"{(place.at - EPOCH) // MICROSECOND}-{place.id}"
