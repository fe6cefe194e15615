"""The Auth0 sign-ins that open an account: listed, linked, removed."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.controllers.account_desk import AccountDesk
from app.domain.errors import Refusal
from app.web.answer import Answer, see_other
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]
HERE = "/account/identities"


class AccountIdentitiesController(Controller):
    path = HERE
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_identities(self, request: AnyRequest) -> Answer:
        return await _page(await AccountDesk.of(request))

    @get("/{identity_id:uuid}/removal")
    async def show_removal(self, request: AnyRequest) -> Answer:
        """For whoever had to sign in or confirm before they could remove one."""
        return (await AccountDesk.of(request)).to(HERE)

    @post("/{identity_id:uuid}/removal")
    async def submit_removal(self, request: AnyRequest, identity_id: FromPath[UUID]) -> Answer:
        """Somebody else's is simply not there."""
        desk = await AccountDesk.of(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_page, desk)):
            desk.visit.check_form(form)
            if not await desk.is_fresh():
                return see_other(f"/account/confirm?return_to={HERE}", desk.visit.cookies_to_set)
            await desk.account.identities.remove(desk.person.id, identity_id, desk.visit.origin)
        return desk.to(HERE, "identity-removed")


async def _page(desk: AccountDesk, refusal: Refusal | None = None) -> Answer:
    linked = await desk.account.identities.of(desk.person.id)
    federation = desk.parts.federation
    context = {
        "identities": [{"id": one.id, "linked": f"{one.created_at:%-d %B %Y}"} for one in linked],
        "auth0_ready": desk.parts.auth0_ready,
        "auth0_down": desk.parts.auth0_down,
        "auth0_logout": federation.logout_url if federation else "",
    }
    return desk.page("identities.html", context, refusal)
