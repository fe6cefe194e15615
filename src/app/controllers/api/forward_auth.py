"""What a reverse proxy asks before it lets a request through to a neighbouring service."""

from typing import Any

from litestar import Controller, Request, get

from app.domain.errors import Unauthenticated
from app.domain.i18n import _
from app.web.container import Container
from app.web.request_context import require_session
from app.web.response import HttpResponse, problem

NOT_SIGNED_IN = _("Nobody is signed in in this browser.")


class ForwardAuthController(Controller):
    """The one address under `/api/` that reads the cookies of the browser."""

    path = "/api/v1/forward-auth"
    include_in_schema = False

    @get()
    async def check_session(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """204 with the id of the person in `X-Latchkey-User`, or 401. An access token that has run
        out is renewed: the cookies of the answer are for the browser, the access cookie first,
        since some proxies pass on only one.
        """
        container = Container.from_request(request)
        context = container.get_context(request)
        try:
            access = await require_session(context, container.sessions)
        except Unauthenticated:
            return problem(401, Unauthenticated.code, str(NOT_SIGNED_IN))
        who = (b"x-latchkey-user", str(access.user_id).encode())
        return HttpResponse(
            204, b"", [who, (b"cache-control", b"no-store"), *context.cookies.to_set]
        )
