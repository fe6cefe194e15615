"""A new password for someone who is signed in and has just confirmed that it is them."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account.handler import AccountHandler
from app.domain.errors import Refusal
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.response import HttpResponse

AnyRequest = Request[Any, Any, Any]


class AccountPasswordController(Controller):
    path = "/account/password"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_password(self, request: AnyRequest) -> HttpResponse:
        return await _render_page(await AccountHandler.for_confirmed_request(request))

    @post()
    async def submit_password(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        form = await read_form(request, ("password",))
        async with errors_shown_on(partial(_render_page, handler)):
            handler.context.check_form(form.check)
            await handler.account.password_change.change_password(
                handler.access, handler.person, form["password"], handler.context.origin
            )
        had_one = handler.person.password_changed_at is not None
        return handler.redirect_to("/account", "password-changed" if had_one else "password-set")


async def _render_page(handler: AccountHandler, refusal: Refusal | None = None) -> HttpResponse:
    values = {
        "username": handler.person.contacts[0],
        "has_address": handler.person.email is not None,
        "min_length": handler.container.password_min_length,
        "has_password": handler.person.password_changed_at is not None,
    }
    return handler.render_page("password.html", values, refusal)
