"""A new e-mail address for an account, proved by a mail."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account.handler import AccountHandler, ContactHandler
from app.controllers.code_entry import CodeEntry
from app.domain.errors import Refusal
from app.domain.identity.email_address import LikelyTypo
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.response import HttpResponse

AnyRequest = Request[Any, Any, Any]


class EmailHandler(ContactHandler):
    def __init__(self, handler: AccountHandler) -> None:
        super().__init__(handler, handler.account.email_change)

    async def render_form_page(
        self, typed: str = "", refusal: Refusal | None = None
    ) -> HttpResponse:
        values = {
            "typed": typed,
            "suggestion": refusal.suggestion if isinstance(refusal, LikelyTypo) else None,
            "current": self.account_handler.person.email,
            "waiting_for": await self.find_pending_value(),
            "mail_down": self.account_handler.container.dispatcher.mail.are_down,
        }
        return self.account_handler.render_page("email.html", values, refusal)

    async def render_another_page(self, refusal: Refusal) -> HttpResponse:
        return await self.render_form_page(refusal=refusal)


class AccountEmailController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/email")
    async def show_email(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_contact_change(request)
        return await EmailHandler(handler).render_form_page(
            handler.context.remembered.get_typed("email")
        )

    @post("/email")
    async def submit_email(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        form, here = await read_form(request, ("email", "keep")), EmailHandler(handler)
        async with errors_shown_on(partial(here.render_form_page, form["email"])):
            handler.context.check_form(form.check)
            with handler.typed_values_kept(email=form["email"]):
                await handler.account.email_change.request_code(
                    handler.access,
                    handler.person,
                    form["email"],
                    handler.context.origin,
                    as_typed=form["keep"] == "yes",
                )
        handler.context.remembered.forget_typed()
        return handler.redirect_to(here.page_url)

    @get("/email/cancel")
    async def show_email_cancel(self, request: AnyRequest) -> HttpResponse:
        """For whoever had to sign in again before they could cancel."""
        return (await AccountHandler.for_request(request)).redirect_to("/account")

    @post("/email/cancel")
    async def submit_email_cancel(self, request: AnyRequest) -> HttpResponse:
        return await EmailHandler(await AccountHandler.for_request(request)).cancel_change(request)

    @get("/email-code")
    async def show_email_code(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).show()

    @post("/email-code")
    async def submit_email_code(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).submit(request)

    @get("/email-code/resend")
    async def show_email_code_resend(self, request: AnyRequest) -> HttpResponse:
        return (await _code(request)).redirect()

    @post("/email-code/resend")
    async def submit_email_code_resend(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).resend(request)

    @get("/email-code/delivery")
    async def show_email_code_delivery(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).delivery()


async def _code(request: AnyRequest) -> CodeEntry:
    return EmailHandler(await AccountHandler.for_request(request)).code
