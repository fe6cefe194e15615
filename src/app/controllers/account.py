"""The account page: what is held, and where the person is signed in."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from app.domain.errors import Unauthenticated
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.sessions import Listed
from app.web.answer import Answer, see_other
from app.web.auth import signed_in
from app.web.forms import read_form
from app.web.parts import Parts
from app.web.user_agents import named_device

AnyRequest = Request[Any, Any, Any]


class AccountController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_account(self, request: AnyRequest) -> Answer:
        parts = Parts.of(request)
        visit = parts.visit(request)
        access = await signed_in(visit, parts.sessions)
        person = await parts.people.find(access.user_id)
        if person is None:
            raise Unauthenticated
        changed = person.password_changed_at
        context = {
            "person": person,
            "password_changed": f"Last changed {changed:%-d %B %Y}" if changed else "None yet",
            "sessions_count": len(await parts.sessions.of(access.user_id)),
        }
        return parts.pages.page(visit, "account/account.html", context)

    @get("/sessions")
    async def show_sessions(self, request: AnyRequest) -> Answer:
        parts = Parts.of(request)
        visit = parts.visit(request)
        access = await signed_in(visit, parts.sessions)
        sessions = [_row(one, access) for one in await parts.sessions.of(access.user_id)]
        return parts.pages.page(visit, "account/sessions.html", {"sessions": sessions})

    @post("/sessions/{session_id:uuid}/revocation")
    async def submit_revocation(self, request: AnyRequest, session_id: UUID) -> Answer:
        """Ends one of the person's own sessions; somebody else's is simply not there."""
        parts = Parts.of(request)
        visit = parts.visit(request)
        access = await signed_in(visit, parts.sessions)
        visit.check_form(await read_form(request, ()))
        await parts.sessions.end(access.user_id, session_id, "ended by owner", visit.origin)
        visit.notify("session-ended")
        return see_other("/account/sessions", visit.cookies_to_set)

    @post("/sessions/revocation")
    async def submit_revocation_of_others(self, request: AnyRequest) -> Answer:
        parts = Parts.of(request)
        visit = parts.visit(request)
        access = await signed_in(visit, parts.sessions)
        visit.check_form(await read_form(request, ()))
        await parts.sessions.end_others(
            access.user_id, access.session_id, "ended by owner", visit.origin
        )
        visit.notify("others-ended")
        return see_other("/account/sessions", visit.cookies_to_set)


def _row(listed: Listed, access: Access) -> dict[str, object]:
    return {
        "id": listed.id,
        "current": listed.id == access.session_id,
        "device": named_device(listed.device),
        "network": listed.network,
        "last_used": f"{listed.last_used_at:%-d %B %Y, %H:%M} UTC",
    }
