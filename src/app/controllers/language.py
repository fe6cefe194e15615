"""The choice of a language, remembered by the browser."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from litestar import Controller, Request, post

from app.domain.errors import Forbidden, Unauthenticated, Unavailable
from app.web.container import Container
from app.web.forms import read_form
from app.web.remembered_values import PATH
from app.web.request_context import RequestContext, check_both_tokens, find_session
from app.web.response import HttpResponse, redirect_to

TYPED = ("phone", "country", "email")
# Addresses of forms, which have pages only where one was refused.
FORMS_ALONE = ("/language", "/logout", "/signup/restart")


class LanguageController(Controller):
    path = "/language"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @post()
    async def submit_language(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Back to the same page in another language, with what was typed in it. The form is part of
        pages that are the same for everybody, so it has no token.
        """
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        if not container.web_config.csrf.is_own(context.info.headers, has_token=False):
            raise Forbidden
        form = await read_form(request, ("language", *TYPED))
        if form["language"] in container.language_finder.languages.offered:
            context.remembered.remember_language(form["language"])
            await _remember_in_account(container, context, form["language"])
        context.remembered.remember_typed(**{name: form[name] for name in TYPED if form[name]})
        back = _find_page(context.info.headers.get(b"referer", b"").decode("latin-1"))
        return redirect_to(back, context.cookies.to_set)


async def _remember_in_account(container: Container, context: RequestContext, code: str) -> None:
    """For what it is told from now on, and for its other browsers; by both tokens, as all changes
    are. The page changes either way.
    """
    if not context.session.exist:
        return
    with suppress(Unauthenticated, Unavailable):
        access = await find_session(context, container.sessions)
        if access:
            await check_both_tokens(context, container.sessions, access)
            await container.people.remember_language(access.user_id, access.session_id, code)


def _find_page(referrer: str) -> str:
    """The page of ours that the form was on; the home page where the browser does not say."""
    try:
        _, _, path, query, _ = urlsplit(referrer)
    except ValueError:
        return "/"
    if path in FORMS_ALONE:
        return "/"
    target = f"{path}?{query}" if query else path
    return target if PATH.fullmatch(target) else "/"
