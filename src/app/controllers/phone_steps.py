"""The steps that prove a number, the same at either door: sign-up and sign-in are one flow."""

from functools import partial
from typing import Any, ClassVar

from litestar import Controller, Request, get, post

from app.controllers.signup_desk import SignupDesk
from app.domain.signup.signup import Step
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class PhoneStepsController(Controller):
    """`desk` is that of the door."""

    desk: ClassVar[type[SignupDesk]]
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/phone")
    async def show_phone(self, request: AnyRequest) -> Answer:
        desk = self.desk(request)
        if onwards := await desk.passed_by():
            return onwards
        signup = await desk.load()
        desk.expect(signup, Step.PHONE)
        return await desk.phone_page(signup.phone.typed if signup.phone else "")

    @post("/phone")
    async def submit_phone(self, request: AnyRequest) -> Answer:
        desk = self.desk(request)
        form = await read_form(request, ("phone", "country"))
        async with errors_shown_on(partial(desk.phone_page, form["phone"], form["country"])):
            await desk.ask_phone(form)
        return desk.on_to(Step.PHONE_CODE)

    @get("/phone-code")
    async def show_phone_code(self, request: AnyRequest) -> Answer:
        return await self.desk(request).code_page(Step.PHONE_CODE)

    @post("/phone-code")
    async def submit_phone_code(self, request: AnyRequest) -> Answer:
        """A number nobody has goes on at the sign-up, already proved."""
        desk = self.desk(request)
        form = await read_form(request, ("code",))
        async with errors_shown_on(partial(desk.code_page, Step.PHONE_CODE, form["code"])):
            return await desk.prove_phone(form)

    @get("/phone-code/resend")
    async def show_phone_code_resend(self, request: AnyRequest) -> Answer:
        """A reload of the page that said it was too soon."""
        return self.desk(request).to(Step.PHONE_CODE)

    @post("/phone-code/resend")
    async def submit_phone_code_resend(self, request: AnyRequest) -> Answer:
        return await self.desk(request).resend(await read_form(request, ()), Step.PHONE_CODE)

    @get("/phone-code/delivery")
    async def show_phone_code_delivery(self, request: AnyRequest) -> Answer:
        return await self.desk(request).delivery(Step.PHONE_CODE)
