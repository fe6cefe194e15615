"""A new phone number for an account, proved by a text."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account.handler import AccountHandler, ContactHandler
from app.controllers.code_entry import CodeEntry, sent_notice
from app.controllers.flow_forms import country_values, find_country
from app.domain.errors import Refusal
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.response import HttpResponse

AnyRequest = Request[Any, Any, Any]


class PhoneHandler(ContactHandler):
    def __init__(self, handler: AccountHandler) -> None:
        super().__init__(handler, handler.account.phone_change)

    async def render_form_page(
        self, typed: str = "", country: str = "", refusal: Refusal | None = None
    ) -> HttpResponse:
        handler = self.account_handler
        values = country_values(handler.container, handler.context, country, refusal) | {
            "typed": typed,
            "current": handler.person.formatted_phone,
            "waiting_for": await self.find_pending_value(),
            "texts_down": handler.container.dispatcher.texts.are_down,
        }
        return handler.render_page("phone.html", values, refusal)

    async def call(self, form: Form) -> str:
        handler = self.account_handler
        handler.context.check_form(form.check)
        change, origin = handler.account.phone_change, handler.context.origin
        return sent_notice(await change.call_instead(handler.access, origin))

    async def render_another_page(self, refusal: Refusal) -> HttpResponse:
        return await self.render_form_page(refusal=refusal)


class AccountPhoneController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/phone")
    async def show_phone(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_contact_change(request)
        typed = handler.context.remembered.get_typed
        return await PhoneHandler(handler).render_form_page(typed("phone"), typed("country"))

    @post("/phone")
    async def submit_phone(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        form, here = await read_form(request, ("phone", "country")), PhoneHandler(handler)
        country = find_country(handler.container, handler.context.info.languages, form["country"])
        async with errors_shown_on(partial(here.render_form_page, form["phone"], country)):
            handler.context.check_form(form.check)
            with handler.typed_values_kept(phone=form["phone"], country=country):
                await handler.account.phone_change.request_code(
                    handler.access,
                    handler.person,
                    form["phone"],
                    country,
                    handler.context.origin,
                )
        handler.context.remembered.forget_typed()
        return handler.redirect_to(here.page_url)

    @get("/phone/cancel")
    async def show_phone_cancel(self, request: AnyRequest) -> HttpResponse:
        """For whoever had to sign in again before they could cancel."""
        return (await AccountHandler.for_request(request)).redirect_to("/account")

    @post("/phone/cancel")
    async def submit_phone_cancel(self, request: AnyRequest) -> HttpResponse:
        return await PhoneHandler(await AccountHandler.for_request(request)).cancel_change(request)

    @get("/phone-code")
    async def show_phone_code(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).show()

    @post("/phone-code")
    async def submit_phone_code(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).submit(request)

    @get(["/phone-code/resend", "/phone-code/call"])
    async def show_phone_code_resend(self, request: AnyRequest) -> HttpResponse:
        return (await _code(request)).redirect()

    @post("/phone-code/resend")
    async def submit_phone_code_resend(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).resend(request)

    @post("/phone-code/call")
    async def submit_phone_code_call(self, request: AnyRequest) -> HttpResponse:
        handler = PhoneHandler(await AccountHandler.for_request(request))
        return await handler.code.send(request, handler.call)

    @get("/phone-code/delivery")
    async def show_phone_code_delivery(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).delivery()


async def _code(request: AnyRequest) -> CodeEntry:
    return PhoneHandler(await AccountHandler.for_request(request)).code
