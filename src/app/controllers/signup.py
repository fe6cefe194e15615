"""The sign-up in HTML: GET shows a step, POST to the same URL does it. The flow has the rules."""

from functools import partial
from typing import Any

from litestar import Request, get, post

from app.controllers.phone_steps import PhoneStepsController
from app.controllers.signup_desk import SignupDesk
from app.domain.errors import OutOfStep
from app.domain.signup.signup import Step
from app.web.answer import Answer, see_other
from app.web.chosen_plan import drop_plan
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class SignupController(PhoneStepsController):
    path = "/signup"
    desk = SignupDesk

    @get()
    async def show_signup(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        desk.visit.opened()
        return await desk.passed_by() or desk.choice_page()

    @post()
    async def submit_signup(self, request: AnyRequest) -> Answer:
        """From a sign-in that led nowhere: the address that was typed there comes along."""
        desk, form = SignupDesk(request), await read_form(request, ("email",))
        visit = desk.visit
        visit.check_form(form)
        desk.picks_plan(form.fields)
        visit.keep_typed(email=form["email"])
        return see_other("/signup?instead", visit.cookies_to_set)

    @get("/email")
    async def show_email(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        signup = await desk.load()
        desk.expect(signup, Step.EMAIL)
        told = signup.identity.email if signup.identity else None
        known = signup.email.typed if signup.email else told
        return await desk.email_page(known or desk.visit.typed("email"))

    @post("/email")
    async def submit_email(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        form = await read_form(request, ("email", "keep"))
        async with errors_shown_on(partial(desk.email_page, form["email"])):
            await desk.flow.submit_email(
                await desk.begun(form, Step.EMAIL),
                form["email"],
                desk.visit.origin,
                as_typed=form["keep"] == "yes",
                changing=desk.changing,
            )
        return desk.on_to(Step.EMAIL_CODE)

    @get("/email-code")
    async def show_email_code(self, request: AnyRequest) -> Answer:
        return await SignupDesk(request).code_page(Step.EMAIL_CODE)

    @post("/email-code")
    async def submit_email_code(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        form = await read_form(request, ("code",))
        async with errors_shown_on(partial(desk.email_code_page, form["code"])):
            return await desk.prove_email(form)

    @get("/email-code/resend")
    async def show_email_code_resend(self, request: AnyRequest) -> Answer:
        return SignupDesk(request).to(Step.EMAIL_CODE)

    @post("/email-code/resend")
    async def submit_email_code_resend(self, request: AnyRequest) -> Answer:
        return await SignupDesk(request).resend(await read_form(request, ()), Step.EMAIL_CODE)

    @get("/email-code/delivery")
    async def show_email_code_delivery(self, request: AnyRequest) -> Answer:
        return await SignupDesk(request).delivery(Step.EMAIL_CODE)

    @get("/link")
    async def show_link(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        if (step := (await desk.load()).step) is not Step.LINK:
            raise OutOfStep(step)
        return await desk.link_page()

    @post("/link")
    async def submit_link(self, request: AnyRequest) -> Answer:
        """Into the account of the number: with Auth0 as another way in, or without."""
        desk = SignupDesk(request)
        form = await read_form(request, ("answer",))
        async with errors_shown_on(desk.link_page):
            signup = await desk.begun(form, Step.LINK)
            linking = form["answer"] == "link"
            result = await desk.flow.submit_link(signup, desk.visit.device, linking=linking)
        return await desk.signed_in(result)

    @get("/password")
    async def show_password(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        desk.expect(await desk.load(), Step.PASSWORD)
        return await desk.password_page()

    @post("/password")
    async def submit_password(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        form = await read_form(request, ("password",))
        async with errors_shown_on(desk.finish_page):
            finished = await desk.flow.submit_password(
                await desk.begun(form, Step.PASSWORD), form["password"], desk.visit.device
            )
        return await desk.signed_in(finished)

    @get("/done")
    async def show_done(self, request: AnyRequest) -> Answer:
        return await SignupDesk(request).done_page()

    @post("/restart")
    async def submit_restart(self, request: AnyRequest) -> Answer:
        desk = SignupDesk(request)
        desk.visit.check_form(await read_form(request, ()))
        await desk.flow.restart(await desk.load(), desk.visit.origin)
        desk.visit.end_flow()
        drop_plan(desk.visit)
        desk.visit.notify("restarted")
        return see_other("/signup", desk.visit.cookies_to_set)
