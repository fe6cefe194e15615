"""The sign-up in HTML: GET shows a step, POST to the same URL does it. The flow has the rules."""

from functools import partial
from typing import Any, ClassVar

from litestar import Controller, Request, get, post

from app.controllers.code_entry import CodeEntry
from app.controllers.flow_forms import find_country
from app.controllers.signup.codes import SignupCode, signup_code
from app.controllers.signup.pages import SignupPages
from app.controllers.signup.request import LOGIN, SIGNUP, EntryPoint, SignupRequest
from app.domain.signup.signup import Contact, Step
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.response import HttpResponse, redirect_to

AnyRequest = Request[Any, Any, Any]


class CodeStepsController(Controller):
    """The steps that prove a number and an address, at either entry point: sign-up and sign-in are
    one flow. `email_step` is what a code by e-mail proves there.
    """

    entry_point: ClassVar[EntryPoint]
    email_step: ClassVar[Step]
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/phone")
    async def show_phone(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, self.entry_point)
        return await current.redirect_if_signed_in() or await _show_phone(current)

    @post("/phone")
    async def submit_phone(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, self.entry_point)
        form, pages = await read_form(request, ("phone", "country")), SignupPages(current)
        country = find_country(current.container, current.context.info.languages, form["country"])
        async with errors_shown_on(partial(pages.render_phone_page, form["phone"], country)):
            signup = await current.load_for_form(form.check, Step.PHONE)
            if not current.pick_plan({"plan": form["plan"]}):
                current.context.remembered.set_notices("plan-gone")
            outcome = await current.flow.submit_phone(
                signup,
                form["phone"],
                country,
                current.visitor,
                changing=current.is_changing,
                signing_in=self.entry_point is LOGIN,
            )
        return await current.respond(outcome)

    @get("/phone-code")
    async def show_phone_code(self, request: AnyRequest) -> HttpResponse:
        return await self._code(request).show()

    @post("/phone-code")
    async def submit_phone_code(self, request: AnyRequest) -> HttpResponse:
        """A number nobody has goes on at the sign-up, already proved."""
        return await self._code(request).submit(request)

    @get(["/phone-code/resend", "/phone-code/call"])
    async def show_phone_code_resend(self, request: AnyRequest) -> HttpResponse:
        return self._code(request).redirect()

    @post("/phone-code/resend")
    async def submit_phone_code_resend(self, request: AnyRequest) -> HttpResponse:
        return await self._code(request).resend(request)

    @post("/phone-code/call")
    async def submit_phone_code_call(self, request: AnyRequest) -> HttpResponse:
        """The same code, on the phone."""
        by_phone = SignupCode(SignupRequest(request, self.entry_point), Step.PHONE_CODE)
        return await by_phone.entry.send(request, by_phone.call)

    @get("/phone-code/delivery")
    async def show_phone_code_delivery(self, request: AnyRequest) -> HttpResponse:
        return await self._code(request).delivery()

    def _code(self, request: AnyRequest) -> CodeEntry:
        return signup_code(SignupRequest(request, self.entry_point), Step.PHONE_CODE)

    @get("/email-code")
    async def show_email_code(self, request: AnyRequest) -> HttpResponse:
        return await self._email_code(request).show()

    @post("/email-code")
    async def submit_email_code(self, request: AnyRequest) -> HttpResponse:
        return await self._email_code(request).submit(request)

    @get("/email-code/resend")
    async def show_email_code_resend(self, request: AnyRequest) -> HttpResponse:
        return self._email_code(request).redirect()

    @post("/email-code/resend")
    async def submit_email_code_resend(self, request: AnyRequest) -> HttpResponse:
        return await self._email_code(request).resend(request)

    @get("/email-code/delivery")
    async def show_email_code_delivery(self, request: AnyRequest) -> HttpResponse:
        return await self._email_code(request).delivery()

    def _email_code(self, request: AnyRequest) -> CodeEntry:
        return signup_code(SignupRequest(request, self.entry_point), self.email_step)


class SignupController(CodeStepsController):
    path = "/signup"
    entry_point, email_step = SIGNUP, Step.EMAIL_CODE

    @get()
    async def show_signup(self, request: AnyRequest) -> HttpResponse:
        """The number, and the other way below it; who has begun goes on where they were."""
        current = SignupRequest(request, SIGNUP)
        query_params = current.context.info.query_params
        current.context.remembered.read_return_to(query_params)
        if onwards := await current.redirect_if_signed_in():
            return onwards
        return await _show_phone(current, unknown_plan=not current.pick_plan(query_params))

    @post()
    async def submit_signup(self, request: AnyRequest) -> HttpResponse:
        """From a sign-in that led nowhere: the address that was typed there comes along."""
        current, form = SignupRequest(request, SIGNUP), await read_form(request, ("email",))
        context = current.context
        context.check_form(form.check)
        current.pick_plan({"plan": form["plan"]})
        context.remembered.remember_typed(email=form["email"])
        return redirect_to("/signup?instead", context.cookies.to_set)

    @get("/email")
    async def show_email(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, SIGNUP)
        signup = await current.load_flow()
        current.require_step(signup, Step.EMAIL)
        identity_email = signup.identity.email if signup.identity else None
        known = signup.email.typed if signup.email else identity_email
        return await SignupPages(current).render_email_page(
            known or current.context.remembered.get_typed("email")
        )

    @post("/email")
    async def submit_email(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, SIGNUP)
        form = await read_form(request, ("email", "keep"))
        async with errors_shown_on(partial(SignupPages(current).render_email_page, form["email"])):
            outcome = await current.flow.submit_email(
                await current.load_for_form(form.check, Step.EMAIL),
                form["email"],
                current.visitor,
                as_typed=form["keep"] == "yes",
                changing=current.is_changing,
            )
        return await current.respond(outcome)

    @get("/link")
    async def show_link(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, SIGNUP)
        (await current.load_flow()).require_step(Step.LINK, changing=False)
        return await SignupPages(current).render_link_page()

    @post("/link")
    async def submit_link(self, request: AnyRequest) -> HttpResponse:
        """Into the account of the number: with Auth0 as another way in, or without."""
        current = SignupRequest(request, SIGNUP)
        form = await read_form(request, ("answer",))
        async with errors_shown_on(SignupPages(current).render_link_page):
            signup = await current.load_for_form(form.check, Step.LINK)
            linking = form["answer"] == "link"
            outcome = await current.flow.submit_link(signup, current.visitor, linking=linking)
        return await current.respond(outcome)

    @get("/password")
    async def show_password(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, SIGNUP)
        current.require_step(await current.load_flow(), Step.PASSWORD)
        return await SignupPages(current).render_password_page()

    @post("/password")
    async def submit_password(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, SIGNUP)
        form = await read_form(request, ("password",))
        async with errors_shown_on(SignupPages(current).render_finish_page):
            outcome = await current.flow.submit_password(
                await current.load_for_form(form.check, Step.PASSWORD),
                form["password"],
                current.visitor,
            )
        return await current.respond(outcome)

    @get("/done")
    async def show_done(self, request: AnyRequest) -> HttpResponse:
        return await SignupPages(SignupRequest(request, SIGNUP)).render_done_page()

    @post("/restart")
    async def submit_restart(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, SIGNUP)
        current.context.check_form((await read_form(request, ())).check)
        return await current.respond(
            await current.flow.restart_signup(await current.load_flow(), current.context.origin)
        )


async def _show_phone(current: SignupRequest, *, unknown_plan: bool = False) -> HttpResponse:
    signup = await current.load_flow()
    if unknown_plan and signup.step is not Step.PHONE:
        current.context.remembered.set_notices("plan-gone")
    current.require_step(signup, Step.PHONE)
    phone = signup.phone or Contact("", "")
    return await SignupPages(current).render_phone_page(
        phone.typed, phone.region, unknown_plan=unknown_plan
    )
