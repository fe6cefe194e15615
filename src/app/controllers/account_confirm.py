"""The fresh proof that changes of an account ask for, by password or by a code to the phone."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account_desk import AccountDesk
from app.controllers.code_pages import LEFT, RESENT, code_context, delivery_line
from app.domain.errors import Refusal
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]
HERE = "/account/confirm"


class AccountConfirmController(Controller):
    path = HERE
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_confirm(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.of(request)
        if wanted := desk.visit.asked.get("return_to"):
            desk.visit.remember_return(wanted)
        return await _page(desk)

    @post()
    async def submit_confirm(self, request: AnyRequest) -> Answer:
        """A code when one was given, else the password. Back to what asked for it."""
        desk = await AccountDesk.of(request)
        form = await read_form(request, ("password", "code"))
        async with errors_shown_on(partial(_page, desk, form["code"])):
            desk.visit.check_form(form)
            if form["code"]:
                tokens = await desk.account.confirmation.by_code(
                    desk.access, form["code"], desk.visit.device
                )
            else:
                tokens = await desk.account.confirmation.by_password(
                    desk.access, form["password"], desk.visit.device
                )
        desk.visit.carry_on(tokens)
        return desk.to(desk.visit.return_taken("/account"), "confirmed")

    @get(["/code", "/resend"])
    async def show_code(self, request: AnyRequest) -> Answer:
        """A reload of the page that said it was too soon."""
        return (await AccountDesk.of(request)).to(HERE)

    @post(["/code", "/resend"])
    async def submit_code(self, request: AnyRequest) -> Answer:
        """Texts a code, or the same one again."""
        desk = await AccountDesk.of(request)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_page, desk, "")):
            desk.visit.check_form(form)
            again = await desk.account.confirmation.pending(desk.access, desk.visit.origin)
            await desk.account.confirmation.send_code(desk.access, desk.visit.origin)
        return desk.to(HERE, RESENT[not again.worth_sending_again] if again else "code-sent")

    @get("/delivery")
    async def show_delivery(self, request: AnyRequest) -> Answer:
        """The line alone for htmx; opened directly it leads to the page that holds it."""
        desk = await AccountDesk.of(request)
        confirmation = desk.account.confirmation
        pending = await confirmation.pending(desk.access, desk.visit.origin)
        if not desk.visit.is_by_htmx:
            return desk.to(HERE)
        progress = await confirmation.codes.progress(pending) if pending else None
        line = delivery_line(confirmation.codes.channel, progress) if pending else LEFT
        context = {"delivery": line, "delivery_url": f"{HERE}/delivery"}
        return desk.parts.pages.fragment(desk.visit, "signup/_delivery.html", context)


async def _page(desk: AccountDesk, typed: str = "", refusal: Refusal | None = None) -> Answer:
    confirmation = desk.account.confirmation
    pending = await confirmation.pending(desk.access, desk.visit.origin)
    progress = await confirmation.codes.progress(pending) if pending else None
    context = {
        "phone_end": desk.person.phone[-3:],
        "username": desk.person.email,
        "has_password": desk.person.password_changed_at is not None,
        "by_code": pending is not None,
        "delivery_url": f"{HERE}/delivery",
        **code_context(confirmation.codes, pending, progress, typed),
    }
    return desk.page("confirm.html", context, refusal)
