"""The account page: what is held, where the person is signed in, and all of it to take along."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.controllers.account.handler import AccountHandler, find_pending_changes
from app.controllers.plan import find_plan_status
from app.domain.account.delayed_changes import DelayedChange
from app.domain.credentials.device import describe_device, describe_network
from app.domain.errors import Refusal
from app.domain.identity.phone import Phone
from app.domain.moments import day_there
from app.domain.pricing.choice import Choice
from app.domain.sessions.session import ListedSession
from app.domain.sessions.tokens import Access
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.response import NO_STORE, HttpResponse

SHOWN = ("id", "kind", "due_at", "ends_at", "is_due")  # of what waits
HANDHELD = ("Android", "iOS", "KaiOS")  # systems, as `Device.name` ends
AnyRequest = Request[Any, Any, Any]


class AccountController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_account(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        changed = handler.person.password_changed_at
        values = {
            "person": handler.person,
            "delayed": await _delayed(handler),
            "changes": await find_pending_changes(handler),
            "password_changed": day_there(changed) if changed else None,
            "identities": await _count_identities(handler),
            "plan": find_plan_status(
                handler.container,
                Choice.read(handler.person.plan),
            ),
            "picked": find_plan_status(handler.container, handler.context.remembered.plan),
            "sessions_count": len(
                await handler.container.sessions.list_sessions(handler.person.id)
            ),
        }
        return handler.render_page("account.html", values)

    @get("/delayed/{change_id:uuid}/stop")
    async def show_stop(self, request: AnyRequest) -> HttpResponse:
        """For whoever had to sign in or confirm before they could stop a change."""
        return (await AccountHandler.for_request(request)).redirect_to("/account")

    @post("/delayed/{change_id:uuid}/stop")
    async def submit_stop(self, request: AnyRequest, change_id: FromPath[UUID]) -> HttpResponse:
        """A change that waits for its day never happens."""
        handler = await AccountHandler.for_request(request)
        handler.context.check_form((await read_form(request, ())).check)
        stopped = await handler.account.delayed_changes.stop_change(
            handler.access, change_id, handler.context.origin
        )
        return handler.redirect_to(
            "/account", "change-cancelled" if stopped else "no-delayed-change"
        )

    @get("/sessions")
    async def show_sessions(self, request: AnyRequest) -> HttpResponse:
        return await _render_sessions(await AccountHandler.for_request(request))

    @get(["/sessions/revocation", "/sessions/{session_id:uuid}/revocation"])
    async def show_revocation(self, request: AnyRequest) -> HttpResponse:
        """For whoever had to sign in again before they could end a session."""
        return (await AccountHandler.for_request(request)).redirect_to("/account/sessions")

    @post("/sessions/{session_id:uuid}/revocation")
    async def submit_revocation(
        self, request: AnyRequest, session_id: FromPath[UUID]
    ) -> HttpResponse:
        """Ends one of the person's own sessions; someone else's is simply not there."""
        handler = await AccountHandler.for_request(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_render_sessions, handler)):
            handler.context.check_form(form.check)
        await handler.account.session_ends.end_one(
            handler.access, session_id, handler.context.origin
        )
        return handler.redirect_to("/account/sessions", "session-ended")

    @post("/sessions/revocation")
    async def submit_revocation_of_others(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_render_sessions, handler)):
            handler.context.check_form(form.check)
        await handler.account.session_ends.end_others(handler.access, handler.context.origin)
        return handler.redirect_to("/account/sessions", "others-ended")


async def _render_sessions(handler: AccountHandler, refusal: Refusal | None = None) -> HttpResponse:
    listed = await handler.container.sessions.list_sessions(handler.person.id)
    here = handler.context.origin.network
    rows = [_row(one, handler.access, here) for one in listed]
    values = {"sessions": sorted(rows, key=lambda row: not row["current"])}
    return handler.render_page("sessions.html", values, refusal)


async def _count_identities(handler: AccountHandler) -> int | None:
    """None where there is nothing to link and nothing linked."""
    count = len(await handler.account.identities.list_identities(handler.person.id))
    return count if count or handler.container.has_auth0 else None


def _row(listed: ListedSession, access: Access, here: str) -> dict[str, object]:
    return {
        "id": listed.id,
        "current": listed.id == access.session_id,
        "device": describe_device(listed.device),
        "is_handheld": listed.device.endswith(HANDHELD),
        "is_here": listed.network == here,
        "network": describe_network(listed.network),
        "last_used_at": listed.last_used_at,
    }


async def _delayed(handler: AccountHandler) -> list[dict[str, object]]:
    """What waits for its day, as the page shows it."""
    return [
        _waiting(one)
        for one in await handler.account.delayed_changes.list_changes(handler.person.id)
    ]


def _waiting(change: DelayedChange) -> dict[str, object]:
    value = Phone.from_e164(change.value).formatted if change.kind == "phone" else change.value
    return {"value": value, **{name: getattr(change, name) for name in SHOWN}}


# The download of everything that is held about a person.


class AccountDataController(Controller):
    path = "/account/data"
    include_in_schema = False

    @get()
    async def show_data(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """A file to keep, in JSON that people can read too."""
        handler = await AccountHandler.for_confirmed_request(request)
        held = await handler.account.personal_data.download_data(
            handler.person.id, handler.context.origin
        )
        body = msgspec.json.format(msgspec.json.encode(held), indent=2)
        name = f"{handler.container.pages.brand.file_name}-{datetime.now(UTC):%Y-%m-%d}.json"
        headers = [
            (b"content-type", b"application/json"),
            (b"content-disposition", f'attachment; filename="{name}"'.encode()),
            NO_STORE,
        ]
        return HttpResponse(200, body, [*headers, *handler.context.cookies.to_set])
