"""The Auth0 sign-ins that open an account: listed, linked, removed."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.controllers.account.handler import AccountHandler
from app.domain.errors import Refusal
from app.domain.moments import day_there
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.response import HttpResponse

AnyRequest = Request[Any, Any, Any]
HERE = "/account/identities"


class AccountIdentitiesController(Controller):
    path = HERE
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_identities(self, request: AnyRequest) -> HttpResponse:
        return await _render_page(await AccountHandler.for_request(request))

    @get("/waiting")
    async def show_waiting(self, request: AnyRequest) -> HttpResponse:
        """For whoever had to sign in before they could link it."""
        return (await AccountHandler.for_request(request)).redirect_to(HERE)

    @post("/waiting")
    async def submit_waiting(self, request: AnyRequest) -> HttpResponse:
        """Links the one that was brought along when the person signed in."""
        handler = await AccountHandler.for_request(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_render_page, handler)):
            handler.context.check_form(form.check)
            linked = await handler.account.identities.link_pending(
                handler.access, handler.context.origin
            )
        return handler.redirect_to(HERE, "linked" if linked else "not-linked")

    @get("/{identity_id:uuid}/removal")
    async def show_removal(self, request: AnyRequest) -> HttpResponse:
        """For whoever had to sign in or confirm before they could remove one."""
        return (await AccountHandler.for_request(request)).redirect_to(HERE)

    @post("/{identity_id:uuid}/removal")
    async def submit_removal(
        self, request: AnyRequest, identity_id: FromPath[UUID]
    ) -> HttpResponse:
        """Someone else's is simply not there."""
        handler = await AccountHandler.for_request(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_render_page, handler)):
            handler.context.check_form(form.check)
            await handler.account.identities.remove_identity(
                handler.access, identity_id, handler.context.origin
            )
        return handler.redirect_to(HERE, "identity-removed")


async def _render_page(handler: AccountHandler, refusal: Refusal | None = None) -> HttpResponse:
    linked = await handler.account.identities.list_identities(handler.person.id)
    federation = handler.container.federation
    values = {
        "identities": [{"id": one.id, "linked": day_there(one.created_at)} for one in linked],
        "waiting": await handler.account.identities.find_pending(handler.access),
        "has_address": handler.person.email is not None,
        "auth0_ready": handler.container.has_auth0,
        "auth0_down": handler.container.is_auth0_down,
        "auth0_logout": federation.logout_url if federation else "",
    }
    return handler.render_page("identities.html", values, refusal)
