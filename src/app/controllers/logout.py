"""The end of a session, by the person themselves."""

from functools import partial
from typing import Any

from litestar import Controller, Request, post

from app.domain.errors import Forbidden, Refusal
from app.web.answer import Answer, see_other
from app.web.auth import end_held, signed_in_or_none
from app.web.chosen_plan import drop_plan
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.parts import Parts
from app.web.visit import Visit

CLEAR = (b"clear-site-data", b'"cache", "storage"')


class LogoutController(Controller):
    path = "/logout"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @post()
    async def submit_logout(self, request: Request[Any, Any, Any]) -> Answer:
        """Also for whoever is no longer signed in: the cookies go either way."""
        parts = Parts.of(request)
        visit = parts.visit(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_page, parts, visit)):
            try:
                visit.check_form(form)
            except Forbidden:
                if visit.is_from_elsewhere or await signed_in_or_none(visit, parts.sessions):
                    raise
                # Signed out in another tab already: no session is left that the form could be for.
                visit.notify("signed-out")
                return see_other("/", visit.cookies_to_set)
        await end_held(visit, parts.sessions, "signed out")
        visit.sign_out()
        drop_plan(visit)
        visit.notify("signed-out")
        return see_other("/", [*visit.cookies_to_set, CLEAR])


async def _page(parts: Parts, visit: Visit, refusal: Refusal) -> Answer:
    return parts.pages.page(visit, "logout/logout.html", {}, refusal)
