"""A new phone number for an account, proved by a text."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.account_desk import AccountDesk
from app.controllers.contact_desk import ContactDesk
from app.controllers.signup_pages import candidates
from app.domain.errors import Refusal
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class PhoneDesk(ContactDesk):
    def __init__(self, desk: AccountDesk) -> None:
        super().__init__(desk, desk.account.phone_change)

    async def form_page(
        self, typed: str = "", country: str = "", refusal: Refusal | None = None
    ) -> Answer:
        context = {
            "typed": typed,
            "candidates": candidates(refusal),
            "country": country,
            "current": self.desk.person.spoken_phone,
            "waiting_for": await self.waiting_for(),
            "texts_down": self.desk.parts.dispatcher.breakers["sms"].open,
        }
        return self.desk.page("phone.html", context, refusal)

    async def another_page(self, refusal: Refusal) -> Answer:
        return await self.form_page(refusal=refusal)


class AccountPhoneController(Controller):
    path = "/account"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/phone")
    async def show_phone(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.confirmed(request)
        typed = desk.visit.typed
        return await PhoneDesk(desk).form_page(typed("phone"), typed("country"))

    @post("/phone")
    async def submit_phone(self, request: AnyRequest) -> Answer:
        desk = await AccountDesk.of(request)
        form, here = await read_form(request, ("phone", "country")), PhoneDesk(desk)
        async with errors_shown_on(partial(here.form_page, form["phone"], form["country"])):
            desk.visit.check_form(form)
            await desk.require_fresh(phone=form["phone"], country=form["country"])
            await desk.account.phone_change.ask(
                desk.access, desk.person, form["phone"], form["country"], desk.visit.origin
            )
        desk.visit.forget_typed()
        return desk.to(here.code_url)

    @get("/phone/cancel")
    async def show_phone_cancel(self, request: AnyRequest) -> Answer:
        """For whoever had to sign in again before they could cancel."""
        return (await AccountDesk.of(request)).to("/account")

    @post("/phone/cancel")
    async def submit_phone_cancel(self, request: AnyRequest) -> Answer:
        return await PhoneDesk(await AccountDesk.of(request)).cancel(request)

    @get("/phone-code")
    async def show_phone_code(self, request: AnyRequest) -> Answer:
        return await PhoneDesk(await AccountDesk.of(request)).code_page()

    @post("/phone-code")
    async def submit_phone_code(self, request: AnyRequest) -> Answer:
        return await PhoneDesk(await AccountDesk.of(request)).prove(request)

    @get("/phone-code/resend")
    async def show_phone_code_resend(self, request: AnyRequest) -> Answer:
        """A reload of the page that said it was too soon."""
        desk = await AccountDesk.of(request)
        return desk.to(PhoneDesk(desk).code_url)

    @post("/phone-code/resend")
    async def submit_phone_code_resend(self, request: AnyRequest) -> Answer:
        return await PhoneDesk(await AccountDesk.of(request)).resend(request)

    @get("/phone-code/delivery")
    async def show_phone_code_delivery(self, request: AnyRequest) -> Answer:
        return await PhoneDesk(await AccountDesk.of(request)).delivery()
