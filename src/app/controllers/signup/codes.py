"""The codes of a sign-up or sign-in: of its number, its address, or a dormant account's owner."""

from typing import ClassVar

from app.controllers.code_entry import CodeEntry, CodePage, SentCode, sent_notice
from app.controllers.flow_forms import PASSWORD, with_provider
from app.controllers.signup.pages import SignupPages, code_page_values, progress
from app.controllers.signup.request import LOGIN, SignupRequest
from app.domain.errors import Refusal, Unavailable
from app.domain.moments import Wait
from app.domain.signup.accounts import EmailTaken
from app.domain.signup.signup import Contact, Signup, Step
from app.web.forms import Form
from app.web.response import HttpResponse, redirect_to


class SignupCode:
    fields: ClassVar[tuple[str, ...]] = ("code",)

    def __init__(self, signup_request: SignupRequest, step: Step) -> None:
        self._request, self._step = signup_request, step
        self._pages = SignupPages(signup_request)
        self._submit = {
            Step.PHONE_CODE: signup_request.flow.submit_phone_code,
            Step.EMAIL_CODE: signup_request.flow.submit_email_code,
            Step.OWNER: signup_request.flow.submit_owner_code,
        }[step]
        self.page_url = self.form_url = signup_request.step_url(step)
        self.elsewhere = self._find_elsewhere()

    def _find_elsewhere(self) -> list[str]:
        """Whoever signs in by a number may have other ways in; a new account needs one."""
        entry_point = self._request.entry_point
        contact = "email" if self._step is Step.EMAIL_CODE else "phone"
        change = f"/{entry_point.name}/{contact}?change"
        if entry_point is LOGIN and self._step is Step.PHONE_CODE:
            return with_provider(self._request.container, change, PASSWORD, auth0_for="login")
        return [change]

    @property
    def entry(self) -> CodeEntry:
        return CodeEntry(self._request.container, self._request.context, self)

    async def find_code(self) -> SentCode:
        return (await self._find(await self._request.load_flow()))[1]

    async def load_page(self, refusal: Refusal | None) -> CodePage | HttpResponse:
        """Shown with its numbers where the database answers, and without where it does not. An
        address that got an account meanwhile is named anew.
        """
        if isinstance(refusal, EmailTaken):
            return await self._pages.render_email_page("", refusal)
        signup = await self._request.load_flow()
        sent = SentCode(self._request.flow.codes.channel_of(self._step), None, None)
        try:
            signup, sent = await self._find(signup)
        except Unavailable:
            if refusal is None:
                raise
        contacts = {Step.PHONE_CODE: signup.phone, Step.EMAIL_CODE: signup.email}
        contact = contacts.get(self._step) or Contact("", "")  # a dormant account's is not told
        values = code_page_values(contact) | progress(signup, self._step)
        template = f"{self.page_url[1:].replace('-', '_')}.html"
        if sent.pending and sent.pending.kept:
            if self._request.entry_point is LOGIN:
                return redirect_to("/signup/phone-code", self._request.context.cookies.to_set)
            template = "signup/phone_wait.html"
            values["when"] = Wait(sent.codes.resend_wait(sent.pending))
        return CodePage(template, self._pages.with_plan(values, refusal), sent)

    async def submit_code(self, form: Form) -> HttpResponse:
        signup = await self._request.load_for_form(form.check, self._step)
        outcome = await self._submit(signup, form["code"], self._request.visitor)
        return await self._request.respond(outcome)

    async def send_again(self, form: Form) -> str:
        signup = await self._request.load_for_form(form.check, self._step)
        sent = await self._request.flow.codes.resend(
            signup,
            self._step,
            self._request.context.origin,
            signing_in=self._request.entry_point is LOGIN,
        )
        return sent_notice(sent) if sent else ""

    async def call(self, form: Form) -> str:
        signup = await self._request.load_for_form(form.check, Step.PHONE_CODE)
        codes, origin = self._request.flow.codes, self._request.context.origin
        signing_in = self._request.entry_point is LOGIN
        return sent_notice(await codes.call_instead(signup, origin, signing_in=signing_in))

    async def _find(self, signup: Signup) -> tuple[Signup, SentCode]:
        codes = self._request.flow.codes.channel_of(self._step)
        signup, pending = await self._request.flow.codes.require_pending(
            signup, self._step, self._request.context.origin
        )
        return signup, SentCode(codes, pending, pending.progress)


def signup_code(signup_request: SignupRequest, step: Step) -> CodeEntry:
    return SignupCode(signup_request, step).entry
