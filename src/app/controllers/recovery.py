"""The way back in without the password: a code to the e-mail address, then a new password."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.recovery_desk import RecoveryDesk
from app.domain.recovery.recovery import Step
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class RecoveryController(Controller):
    path = "/recovery"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/email")
    async def show_email(self, request: AnyRequest) -> Answer:
        return await RecoveryDesk(request).first_page()

    @post("/email")
    async def submit_email(self, request: AnyRequest) -> Answer:
        """The same answer whether or not the address has an account, and over its limit too."""
        desk = RecoveryDesk(request)
        form = await read_form(request, ("email", "keep"))
        async with errors_shown_on(partial(desk.email_page, form["email"])):
            await desk.flow.submit_email(
                await desk.begun(form, Step.EMAIL),
                form["email"],
                desk.visit.origin,
                as_typed=form["keep"] == "yes",
                changing=desk.changing,
            )
        desk.visit.begin_flow()
        return desk.to(Step.EMAIL_CODE)

    @get("/email-code")
    async def show_email_code(self, request: AnyRequest) -> Answer:
        return await RecoveryDesk(request).code_page()

    @post("/email-code")
    async def submit_email_code(self, request: AnyRequest) -> Answer:
        desk = RecoveryDesk(request)
        form = await read_form(request, ("code",))
        async with errors_shown_on(partial(desk.code_page, form["code"])):
            recovery = await desk.begun(form, Step.EMAIL_CODE)
            await desk.flow.submit_email_code(
                recovery, form["code"], desk.visit.origin, desk.visit.renewal
            )
        desk.visit.renew_flow()
        return desk.to(Step.PASSWORD)

    @get("/email-code/resend")
    async def show_email_code_resend(self, request: AnyRequest) -> Answer:
        """A reload of the page that said it was too soon."""
        return RecoveryDesk(request).to(Step.EMAIL_CODE)

    @post("/email-code/resend")
    async def submit_email_code_resend(self, request: AnyRequest) -> Answer:
        return await RecoveryDesk(request).resend(await read_form(request, ()))

    @get("/email-code/delivery")
    async def show_email_code_delivery(self, request: AnyRequest) -> Answer:
        return await RecoveryDesk(request).delivery()

    @get("/password")
    async def show_password(self, request: AnyRequest) -> Answer:
        return await RecoveryDesk(request).password_page()

    @post("/password")
    async def submit_password(self, request: AnyRequest) -> Answer:
        desk = RecoveryDesk(request)
        form = await read_form(request, ("password",))
        async with errors_shown_on(desk.password_page):
            recovery = await desk.begun(form, Step.PASSWORD)
            ending = await desk.flow.submit_password(recovery, form["password"], desk.visit.device)
        return desk.ended(ending, recovery.email)
