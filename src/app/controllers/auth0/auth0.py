"""Signing up and in with Auth0: away to it and back. What it proves is judged by the domain."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.controllers.auth0.handler import Auth0Handler
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.remembered_values import sanitize_return_path
from app.web.response import HttpResponse

AnyRequest = Request[Any, Any, Any]


class Auth0Controller(Controller):
    path = "/auth0"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/start")
    async def show_start(self, request: AnyRequest) -> HttpResponse:
        """Nobody is sent away by another site's link or picture, nor by any link to what changes an
        account: they are shown a button.
        """
        handler = Auth0Handler(request)
        target = request.query_params.get("return_to", "")
        if target:
            handler.context.remembered.remember_return(sanitize_return_path(target))
        if handler.purpose.is_proof or handler.context.info.is_cross_site:
            return await handler.render_start_page()
        return await handler.start_sign_in()

    @post("/start")
    async def submit_start(self, request: AnyRequest) -> HttpResponse:
        handler = Auth0Handler(request)
        form = await read_form(request, ())
        async with errors_shown_on(handler.render_start_page):
            handler.context.check_form(form.check)
        return await handler.start_by_form()

    @get("/callback")
    async def show_callback(self, request: AnyRequest) -> HttpResponse:
        return await Auth0Handler(request).handle_callback()

    @get("/failed/{reason:str}")
    async def show_failed(self, request: AnyRequest, reason: FromPath[str]) -> HttpResponse:
        return await Auth0Handler(request).render_failed_page(reason)
