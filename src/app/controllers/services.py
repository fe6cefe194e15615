"""The way back from a sign-in to the page of a service."""

import re
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Controller, Request, get

from app.domain.errors import Unauthenticated
from app.domain.sessions.tokens import Access
from app.web.client_address import REST
from app.web.container import Container
from app.web.remembered_values import ELSEWHERE
from app.web.request_context import RequestContext, check_both_tokens, require_session
from app.web.response import HttpResponse, redirect_to

PATH = "/services/return"
CODE = "latchkey"  # the parameter that a service's proxy shows us
STATE = re.compile(r"[A-Za-z0-9_-]{43}")


def return_path(url: str, state: str = "") -> str:
    """Our own page that leads to a page of a service, for whoever is signed in."""
    return f"{PATH}?to={quoted(url)}" + (f"&state={state}" if state else "")


def quoted(text: str) -> str:
    """As it may stand in a query of `return_to`."""
    return quote(text, safe="").replace("~", "%7E")


class ServicesController(Controller):
    path = "/services"
    include_in_schema = False

    @get("/return")
    async def show_return(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Only ever to an origin of SERVICES; the home page for anything else."""
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        asked = context.info.query_params
        url, state = asked.get("to", ""), asked.get("state", "")
        origin = container.services.registry.find_origin(url)
        if origin is None or not REST.fullmatch(url.removeprefix(origin)):
            return redirect_to(ELSEWHERE)
        try:
            access = await require_session(context, container.sessions)
            # An access token alone, which a service below our host may read, leads to no other.
            await check_both_tokens(context, container.sessions, access)
        except Unauthenticated:
            context.session.clear()
            back = f"/login?return_to={quote(return_path(url, state), safe='')}"
            return redirect_to(back, context.cookies.to_set)
        if STATE.fullmatch(state) and urlsplit(origin).hostname != container.services.hostname:
            url = _with_code(container, access, origin, url, state)
        return _lead_to(container, context, origin, url)


def _with_code(container: Container, access: Access, origin: str, url: str, state: str) -> str:
    code = container.services.sessions.issue_code(access, origin, state)
    return f"{url}{'&' if '?' in url else '?'}{CODE}={code}"


def _lead_to(container: Container, context: RequestContext, origin: str, url: str) -> HttpResponse:
    """By a page: `form-action 'self'` of the policy holds for where the answer to a form redirects
    to, and a script that has sent one cannot follow to another origin.
    """
    if context.info.is_by_htmx:
        leave = [(b"hx-redirect", url.encode()), (b"cache-control", b"no-store")]
        return HttpResponse(200, b"", [*leave, *context.cookies.to_set])
    values = {"url": url, "host": urlsplit(origin).netloc}
    page = container.pages.render_page(context, "services/return.html", values)
    page.raw_headers.append((b"refresh", f"0; url={url}".encode()))
    return page
