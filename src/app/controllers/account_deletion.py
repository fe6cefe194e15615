"""The end of an account, once it was said what is lost and proved whose it is."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account_desk import AccountDesk
from app.controllers.logout import CLEAR
from app.domain.account.confirmation import WrongPassword
from app.domain.errors import Refusal
from app.domain.sessions.session import ConfirmationNeeded
from app.web.answer import Answer, see_other
from app.web.chosen_plan import drop_plan
from app.web.errors import Shown, errors_shown_on
from app.web.forms import Form, read_form
from app.web.parts import Parts
from app.web.visit import Visit

AnyRequest = Request[Any, Any, Any]


class AccountDeletionController(Controller):
    path = "/account/deletion"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_deletion(self, request: AnyRequest) -> Answer:
        return await _page(await AccountDesk.of(request))

    @post()
    async def submit_deletion(self, request: AnyRequest) -> Answer:
        """However often it arrives: each time it is told that the account is gone."""
        form = await read_form(request, ("password", "code"))
        parts = Parts.of(request)
        visit = parts.visit(request)
        try:
            await _delete(await AccountDesk.of(request), form)
        except (Refusal, Shown):
            if not await _is_gone(parts, visit):
                raise
        visit.sign_out()
        drop_plan(visit)
        visit.notify("deleted")
        return see_other("/", [*visit.cookies_to_set, CLEAR])


async def _delete(desk: AccountDesk, form: Form) -> None:
    async with errors_shown_on(partial(_page, desk)):
        desk.visit.check_form(form)
        await _check_proof(desk, form)
        await desk.account.deletion(desk.access, desk.person, desk.visit.origin)


async def _is_gone(parts: Parts, visit: Visit) -> bool:
    """The account of whoever sends this, since a moment ago: their access token still names it."""
    access = visit.access()
    return access is not None and await parts.people.find(access.user_id) is None


async def _check_proof(desk: AccountDesk, form: Form) -> None:
    """What was given with the form has to be right; with nothing given, the last proof counts."""
    confirmation, device = desk.account.confirmation, desk.visit.device
    if form["code"]:
        await confirmation.by_code(desk.access, form["code"], device)
    elif form["password"]:
        await confirmation.by_password(desk.access, form["password"], device)
    elif not await desk.is_fresh():
        if desk.person.password_changed_at is None:
            raise ConfirmationNeeded
        raise WrongPassword("Enter your password.")


async def _page(desk: AccountDesk, refusal: Refusal | None = None) -> Answer:
    has_password = desk.person.password_changed_at is not None
    context = {
        "username": desk.person.email,
        "fresh": await desk.is_fresh(),
        "has_password": has_password,
    }
    return desk.page("deletion.html", context, refusal)
