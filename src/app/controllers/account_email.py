"""A new e-mail address for an account, proved by a mail."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account_desk import AccountDesk
from app.controllers.contact_desk import ContactDesk
from app.domain.credentials.budget import subject_of
from app.domain.errors import Refusal
from app.domain.identity.email_address import EmailAddress, LikelyTypo
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class EmailDesk(ContactDesk):
    def __init__(self, desk: AccountDesk) -> None:
        super().__init__(desk, desk.account.email_change)

    async def form_page(self, typed: str = "", refusal: Refusal | None = None) -> Answer:
        context = {
            "typed": typed,
            "suggestion": refusal.suggestion if isinstance(refusal, LikelyTypo) else None,
            "current": self.desk.person.email,
            "waiting_for": await self.waiting_for(),
            "mail_down": self.desk.parts.dispatcher.breakers["email"].open,
        }
        return self.desk.page("email.html", context, refusal)

    async def another_page(self, refusal: Refusal) -> Answer:
        return await self.form_page(refusal=refusal)

    def changed(self, value: str) -> Answer:
        """The owner's own failure budget of passwords goes by the address, so by the new one."""
        self.desk.visit.remember_device(subject_of(EmailAddress(value)))
        return super().changed(value)


class AccountEmailController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/email")
    async def show_email(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.confirmed(request)
        return await EmailDesk(desk).form_page(desk.visit.typed("email"))

    @post("/email")
    async def submit_email(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.of(request)
        form, here = await read_form(request, ("email", "keep")), EmailDesk(desk)
        async with errors_shown_on(partial(here.form_page, form["email"])):
            desk.visit.check_form(form)
            await desk.require_fresh(email=form["email"])
            await desk.account.email_change.ask(
                desk.access,
                desk.person,
                form["email"],
                desk.visit.origin,
                as_typed=form["keep"] == "yes",
            )
        desk.visit.forget_typed()
        return desk.to(here.code_url)

    @get("/email/cancel")
    async def show_email_cancel(self, request: AnyRequest) -> Answer:
        """For whoever had to sign in again before they could cancel."""
        return (await AccountDesk.of(request)).to("/account")

    @post("/email/cancel")
    async def submit_email_cancel(self, request: AnyRequest) -> Answer:
        return await EmailDesk(await AccountDesk.of(request)).cancel(request)

    @get("/email-code")
    async def show_email_code(self, request: AnyRequest) -> Answer:
        return await EmailDesk(await AccountDesk.of(request)).code_page()

    @post("/email-code")
    async def submit_email_code(self, request: AnyRequest) -> Answer:
        return await EmailDesk(await AccountDesk.of(request)).prove(request)

    @get("/email-code/resend")
    async def show_email_code_resend(self, request: AnyRequest) -> Answer:
        """A reload of the page that said it was too soon."""
        desk = await AccountDesk.of(request)
        return desk.to(EmailDesk(desk).code_url)

    @post("/email-code/resend")
    async def submit_email_code_resend(self, request: AnyRequest) -> Answer:
        return await EmailDesk(await AccountDesk.of(request)).resend(request)

    @get("/email-code/delivery")
    async def show_email_code_delivery(self, request: AnyRequest) -> Answer:
        return await EmailDesk(await AccountDesk.of(request)).delivery()
