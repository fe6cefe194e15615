"""The account page: what is held, and where the person is signed in."""

import re
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.controllers.account_desk import AccountDesk
from app.controllers.contact_desk import changes_under_way
from app.controllers.plan_desk import plan_line
from app.domain.errors import Refusal
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.session import Listed
from app.web.answer import Answer
from app.web.chosen_plan import chosen_plan
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class AccountController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_account(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.of(request)
        changed = desk.person.password_changed_at
        context = {
            "person": desk.person,
            "changes": await changes_under_way(desk),
            "password_changed": f"Last changed {changed:%-d %B %Y}" if changed else "None yet",
            "auth0": _linked(desk, len(await desk.account.identities.of(desk.person.id))),
            "plan": plan_line(desk.parts, await desk.parts.plan_choices.of(desk.person.id)),
            "picked": plan_line(desk.parts, chosen_plan(desk.visit)),
            "sessions_count": len(await desk.parts.sessions.of(desk.person.id)),
        }
        return desk.page("account.html", context)

    @get("/sessions")
    async def show_sessions(self, request: AnyRequest) -> Answer:
        return await _sessions_page(await AccountDesk.of(request))

    @get(["/sessions/revocation", "/sessions/{session_id:uuid}/revocation"])
    async def show_revocation(self, request: AnyRequest) -> Answer:
        """For whoever had to sign in again before they could end a session."""
        return (await AccountDesk.of(request)).to("/account/sessions")

    @post("/sessions/{session_id:uuid}/revocation")
    async def submit_revocation(self, request: AnyRequest, session_id: FromPath[UUID]) -> Answer:
        """Ends one of the person's own sessions; somebody else's is simply not there."""
        desk = await AccountDesk.of(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_sessions_page, desk)):
            desk.visit.check_form(form)
        await desk.parts.sessions.end(
            desk.person.id, session_id, "ended by owner", desk.visit.origin
        )
        return desk.to("/account/sessions", "session-ended")

    @post("/sessions/revocation")
    async def submit_revocation_of_others(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.of(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_sessions_page, desk)):
            desk.visit.check_form(form)
        await desk.parts.sessions.end_others(desk.access, "ended by owner", desk.visit.origin)
        return desk.to("/account/sessions", "others-ended")


async def _sessions_page(desk: AccountDesk, refusal: Refusal | None = None) -> Answer:
    listed = await desk.parts.sessions.of(desk.person.id)
    rows = [_row(one, desk.access) for one in listed]
    context = {"sessions": sorted(rows, key=lambda row: not row["current"])}
    return desk.page("sessions.html", context, refusal)


def _linked(desk: AccountDesk, count: int) -> str:
    """'' where there is nothing to link and nothing linked."""
    if not (count or desk.parts.auth0_ready):
        return ""
    return "Linked" if count == 1 else f"{count} linked" if count else "Not linked"


def _row(listed: Listed, access: Access) -> dict[str, object]:
    return {
        "id": listed.id,
        "current": listed.id == access.session_id,
        "device": listed.device,
        "network": _spoken(listed.network),
        "last_used": f"{listed.last_used_at:%-d %B %Y, %H:%M} UTC",
    }


def _spoken(network: str) -> str:
    """As most people have seen addresses: 192.0.2.x, or 2001:db8:1:x; '' stays ''."""
    start = network.partition("/")[0]
    return f"{start.rstrip(':')}:x" if ":" in start else re.sub(r"[.]0$", ".x", start)
