"""The end of an account, once it was said what is lost and proved whose it is."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account.handler import AccountHandler
from app.controllers.login import CLEAR
from app.domain.account.confirmation import ConfirmationMethods
from app.domain.errors import Refusal
from app.domain.sessions.factors import Factor
from app.web.container import Container
from app.web.errors import PreparedResponse, errors_shown_on
from app.web.forms import Form, read_form
from app.web.request_context import RequestContext
from app.web.response import HttpResponse, redirect_to

AnyRequest = Request[Any, Any, Any]


class AccountDeletionController(Controller):
    path = "/account/deletion"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_deletion(self, request: AnyRequest) -> HttpResponse:
        return await _render_page(await AccountHandler.for_request(request))

    @post()
    async def submit_deletion(self, request: AnyRequest) -> HttpResponse:
        """However often it arrives: each time it is told that the account is gone."""
        form = await read_form(request, ("password", "code"))
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        try:
            await _delete(await AccountHandler.for_request(request), form)
        except (Refusal, PreparedResponse):
            if not await _is_gone(container, context):
                raise
        context.sign_out()
        context.remembered.forget_plan()
        context.remembered.set_notices("deleted")
        return redirect_to("/", [*context.cookies.to_set, CLEAR])


async def _delete(handler: AccountHandler, form: Form) -> None:
    async with errors_shown_on(partial(_render_page, handler)):
        handler.context.check_form(form.check)
        if waits := await handler.account.deletion.waits(handler.person):
            raise waits  # before a code is used up for nothing
        await handler.account.confirmation.require_proof(
            handler.access,
            handler.person,
            handler.context.device,
            code=form["code"],
            password=form["password"],
        )
        await handler.account.deletion.delete_account(
            handler.access, handler.person, handler.context.origin
        )


async def _is_gone(container: Container, context: RequestContext) -> bool:
    """The account of whoever sends this, since a moment ago: their access token still names it."""
    access = context.session.read_access_token()
    return access is not None and await container.people.find_person(access.user_id) is None


async def _find_methods(handler: AccountHandler) -> ConfirmationMethods:
    return await handler.account.confirmation.find_methods(handler.access, handler.person)


async def _render_page(handler: AccountHandler, refusal: Refusal | None = None) -> HttpResponse:
    methods = await _find_methods(handler)
    values = {
        "username": handler.person.contacts[0],
        "waits": await handler.account.deletion.waits(handler.person),
        "fresh": await handler.container.sessions.is_fresh(handler.access),
        "takes_password": Factor.PASSWORD in methods.kinds,
        "takes_code": methods.code in methods.kinds,
        "asks_for_phone": methods.opened is Factor.PASSWORD and Factor.PHONE in methods.kinds,
    }
    return handler.render_page("deletion.html", values, refusal)
