"""The way back in without the password: a code to the e-mail address, then a new password."""

from functools import partial
from typing import Any, ClassVar

from litestar import Controller, Request, get, post

from app.controllers.code_entry import CodeEntry, CodePage, SentCode, sent_notice
from app.controllers.flow_forms import PHONE, is_changing, load_for_form, other_methods
from app.domain.errors import Refusal
from app.domain.identity.email_address import LikelyTypo
from app.domain.outcome import Outcome
from app.domain.recovery.recovery import Recovery, Step
from app.domain.verification.unsent import shown_progress
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import Form, FormCheck, read_form
from app.web.response import HttpResponse, redirect_to

# One request of a recovery: whose it is, and the pages it may be answered with.


class RecoveryHandler:
    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.container = Container.from_request(request)
        self.context = self.container.get_context(request.scope)
        self.flow, self.is_changing = self.container.recovery, is_changing(self.context)

    async def load_flow(self) -> Recovery:
        """A visitor who has not begun has nothing to look up."""
        if not self.context.flow.has_begun:
            return Recovery(self.context.flow.id)
        return await self.flow.load_recovery(self.context.flow.id, self.context.origin)

    async def load_for_form(self, check: FormCheck, step: Step) -> Recovery:
        return await load_for_form(
            self.context, check, self.load_flow, lambda recovery: self.require_step(recovery, step)
        )

    def require_step(self, recovery: Recovery, step: Step) -> None:
        recovery.require_step(step, changing=self.is_changing)

    def redirect_to_step(self, step: Step) -> HttpResponse:
        return redirect_to(f"/recovery/{step}", self.context.cookies.to_set)

    async def render_first_page(self) -> HttpResponse:
        """Filled in when it is about another address. Raises `OutOfStep`."""
        recovery = await self.load_flow()
        self.require_step(recovery, Step.EMAIL)
        return await self.render_email_page(
            recovery.email if self.is_changing else self.context.remembered.get_typed("email")
        )

    async def render_email_page(self, typed: str, refusal: Refusal | None = None) -> HttpResponse:
        changing, down = self.is_changing, self.container.dispatcher.mail.are_down
        values = {
            "typed": typed,
            "suggestion": refusal.suggestion if isinstance(refusal, LikelyTypo) else None,
            "mail_down": down,
            "changing": changing,
        }
        if typed or refusal:
            return self._render_page("email.html", values, refusal)
        return self.container.pages.render_prerendered(self.context, "recovery/email.html", values)

    async def render_password_page(self, refusal: Refusal | None = None) -> HttpResponse:
        """Raises `OutOfStep`."""
        recovery = await self.load_flow()
        recovery.require_step(Step.PASSWORD, changing=False)
        values = {"username": recovery.email, "min_length": self.container.password_min_length}
        return self._render_page("password.html", values, refusal)

    def respond(self, outcome: Outcome[Step], email: str) -> HttpResponse:
        """On to the next step; at the end to a sign-in with the new password."""
        if outcome.notices:
            self.context.remembered.set_notices(*outcome.notices)
        if outcome.next_step is None:
            self.context.session.clear()
            self.context.remembered.remember_typed(email=email)
            return redirect_to("/login/password", self.context.cookies.to_set)
        if outcome.is_rotated:
            self.context.flow.rotate()
        else:
            self.context.flow.begin()
        return self.redirect_to_step(outcome.next_step)

    def _render_page(
        self, template: str, values: dict[str, Any], refusal: Refusal | None
    ) -> HttpResponse:
        values["ways"] = self.ways(refusal)
        return self.container.pages.render_page(
            self.context, f"recovery/{template}", values, refusal
        )

    def ways(self, refusal: Refusal | None) -> list[str]:
        """The other ways in, where this one is closed."""
        return other_methods(self.container, refusal, PHONE, auth0_for="login")


class RecoveryCode:
    """The code that proves the address."""

    fields: ClassVar[tuple[str, ...]] = ("code",)
    page_url = form_url = f"/recovery/{Step.EMAIL_CODE}"
    elsewhere = ("/recovery/email?change",)

    def __init__(self, handler: RecoveryHandler) -> None:
        self._handler = handler

    async def find_code(self) -> SentCode:
        flow, mail = self._handler.flow, self._handler.container.dispatcher.mail.next.breaker
        pending = flow.require_pending_code(await self._handler.load_flow())
        return SentCode(flow.codes, pending, shown_progress(pending, mail))

    async def load_page(self, refusal: Refusal | None) -> CodePage:
        sent = await self.find_code()
        destination = sent.pending.destination if sent.pending else ""
        values = {"destination": destination, "ways": self._handler.ways(refusal)}
        return CodePage("recovery/email_code.html", values, sent)

    async def submit_code(self, form: Form) -> HttpResponse:
        context = self._handler.context
        recovery = await self._handler.load_for_form(form.check, Step.EMAIL_CODE)
        outcome = await self._handler.flow.submit_email_code(
            recovery, form["code"], context.origin, context.flow.next_id
        )
        return self._handler.respond(outcome, recovery.email)

    async def send_again(self, form: Form) -> str:
        recovery = await self._handler.load_for_form(form.check, Step.EMAIL_CODE)
        sent = await self._handler.flow.resend_code(recovery, self._handler.context.origin)
        return sent_notice(sent)


AnyRequest = Request[Any, Any, Any]


class RecoveryController(Controller):
    path = "/recovery"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/email")
    async def show_email(self, request: AnyRequest) -> HttpResponse:
        return await RecoveryHandler(request).render_first_page()

    @post("/email")
    async def submit_email(self, request: AnyRequest) -> HttpResponse:
        """The same answer whether or not the address has an account, and over its limit too."""
        handler = RecoveryHandler(request)
        form = await read_form(request, ("email", "keep"))
        async with errors_shown_on(partial(handler.render_email_page, form["email"])):
            outcome = await handler.flow.submit_email(
                await handler.load_for_form(form.check, Step.EMAIL),
                form["email"],
                handler.context.origin,
                as_typed=form["keep"] == "yes",
                changing=handler.is_changing,
            )
        return handler.respond(outcome, form["email"])

    @get("/email-code")
    async def show_email_code(self, request: AnyRequest) -> HttpResponse:
        return await _code(request).show()

    @post("/email-code")
    async def submit_email_code(self, request: AnyRequest) -> HttpResponse:
        return await _code(request).submit(request)

    @get("/email-code/resend")
    async def show_email_code_resend(self, request: AnyRequest) -> HttpResponse:
        return _code(request).redirect()

    @post("/email-code/resend")
    async def submit_email_code_resend(self, request: AnyRequest) -> HttpResponse:
        return await _code(request).resend(request)

    @get("/email-code/delivery")
    async def show_email_code_delivery(self, request: AnyRequest) -> HttpResponse:
        return await _code(request).delivery()

    @get("/password")
    async def show_password(self, request: AnyRequest) -> HttpResponse:
        return await RecoveryHandler(request).render_password_page()

    @post("/password")
    async def submit_password(self, request: AnyRequest) -> HttpResponse:
        handler = RecoveryHandler(request)
        form = await read_form(request, ("password",))
        async with errors_shown_on(handler.render_password_page):
            recovery = await handler.load_for_form(form.check, Step.PASSWORD)
            outcome = await handler.flow.submit_password(
                recovery, form["password"], handler.context.device
            )
        return handler.respond(outcome, recovery.email)


def _code(request: AnyRequest) -> CodeEntry:
    handler = RecoveryHandler(request)
    return CodeEntry(handler.container, handler.context, RecoveryCode(handler))
