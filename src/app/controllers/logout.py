"""The end of a session, by the person themselves."""

from typing import Any

from litestar import Controller, Request, post

from app.web.answer import Answer, see_other
from app.web.auth import end_held
from app.web.forms import read_form
from app.web.parts import Parts

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
        visit.check_form(await read_form(request, ()))
        await end_held(visit, parts.sessions, "signed out")
        visit.sign_out()
        visit.notify("signed-out")
        return see_other("/", [*visit.cookies_to_set, CLEAR])
