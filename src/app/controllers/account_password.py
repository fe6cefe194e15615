"""A new password for somebody who is signed in and has just confirmed that it is them."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account_desk import AccountDesk
from app.domain.errors import Refusal
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class AccountPasswordController(Controller):
    path = "/account/password"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_password(self, request: AnyRequest) -> Answer:
        return await _page(await AccountDesk.confirmed(request))

    @post()
    async def submit_password(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.of(request)
        form = await read_form(request, ("password",))
        async with errors_shown_on(partial(_page, desk)):
            desk.visit.check_form(form)
            await desk.require_fresh()
            await desk.account.password_change(
                desk.access, desk.person, form["password"], desk.visit.origin
            )
        had_one = desk.person.password_changed_at is not None
        return desk.to("/account", "password-changed" if had_one else "password-set")


async def _page(desk: AccountDesk, refusal: Refusal | None = None) -> Answer:
    context = {
        "username": desk.person.email,
        "min_length": desk.parts.password_min_length,
        "has_password": desk.person.password_changed_at is not None,
    }
    return desk.page("password.html", context, refusal)
