"""One request of a sign-up, with the pages it may be answered with."""

from functools import partial
from typing import Any

from app.controllers import signup_pages
from app.controllers.code_pages import LEFT, RESENT, delivery_line
from app.controllers.flow_desk import FlowDesk
from app.controllers.plan_desk import named_plan, plan_line
from app.domain.errors import OutOfStep, Refusal, Unavailable
from app.domain.signup.accounts import EmailTaken
from app.domain.signup.signup import Contact, Signup, Step
from app.web.answer import Answer
from app.web.auth import signed_in_or_none
from app.web.chosen_plan import keep_plan
from app.web.errors import errors_shown_on
from app.web.forms import Form

# What is told on the last page to somebody whose number had an account.
WELCOME_BACK = ("existing", "linked", "not-linked")


class SignupDesk(FlowDesk):
    def choice_page(self) -> Answer:
        ready, down = self.parts.auth0_ready, self.parts.auth0_down
        unknown = not self.picks_plan(self.visit.asked)
        context = {"auth0_ready": ready, "auth0_down": down, "unknown_plan": unknown}
        return self._blank_page("signup/signup.html", context, down, unknown)

    def picks_plan(self, given: dict[str, str]) -> bool:
        """What a link or form names is shown, and can be changed, until there is an account. False
        for one that is not offered.
        """
        named = named_plan(self.parts, self.visit, given)
        if named:
            keep_plan(self.visit, named)
            self._plan = named
        unsure = not self.parts.prices.known().catalogue.priced
        return named is not None or unsure or not given.get("plan")

    async def phone_page(
        self, typed: str, country: str = "", refusal: Refusal | None = None
    ) -> Answer:
        changing, down = self.changing, self.parts.dispatcher.breakers["sms"].open
        signup = await self._known(refusal)
        context = signup_pages.given(signup) | signup_pages.phone_page(
            typed, country=country, changing=changing, texts_down=down, refusal=refusal
        )
        if typed or refusal or signup.identity:
            return self._page(f"{self.door}/phone.html", context, refusal)
        return self._blank_page(f"{self.door}/phone.html", context, changing, down)

    async def email_page(self, typed: str, refusal: Refusal | None = None) -> Answer:
        changing, down = self.changing, self.parts.dispatcher.breakers["email"].open
        signup = await self._known(refusal)
        context = signup_pages.given(signup) | signup_pages.email_page(
            typed, changing=changing, mail_down=down, refusal=refusal
        )
        if typed or refusal or signup.identity:
            return self._page("signup/email.html", context, refusal)
        return self._blank_page("signup/email.html", context, changing, down)

    async def code_page(
        self, step: Step, typed: str = "", refusal: Refusal | None = None
    ) -> Answer:
        """Shown with its numbers where the database answers, and without where it does not."""
        codes = self.flow.codes(step)
        signup, pending, progress = await self.load(), None, None
        try:
            signup, pending = await self.flow.waiting(signup, step, self.visit.origin)
            progress = await codes.progress(pending)
        except Unavailable:
            if refusal is None:
                raise
        contact = (signup.phone if step is Step.PHONE_CODE else signup.email) or Contact("", "")
        context = signup_pages.code_page(step, contact, codes, pending, progress, typed)
        context |= signup_pages.given(signup)
        context["delivery_url"] = f"{self.url(step)}/delivery"
        template = f"{self.url(step)[1:].replace('-', '_')}.html"
        return self._page(template, context, refusal)

    async def ask_phone(self, form: Form) -> None:
        """Has a code texted."""
        signup = await self.begun(form, Step.PHONE)
        if not self.picks_plan(form.fields):
            self.visit.notify("plan-gone")
        await self.flow.submit_phone(
            signup,
            form["phone"],
            form["country"],
            self.visit.origin,
            changing=self.changing,
        )

    async def prove_phone(self, form: Form) -> Answer:
        """On to what is missing, or in, for a number that has an account."""
        signup = await self.begun(form, Step.PHONE_CODE)
        result = await self.flow.submit_phone_code(
            signup, form["code"], self.visit.device, self.visit.renewal
        )
        return await self.led_to(result, renewed=True)

    async def prove_email(self, form: Form) -> Answer:
        """On to what is missing, or in, for somebody who needs no password."""
        signup = await self.begun(form, Step.EMAIL_CODE)
        result = await self.flow.submit_email_code(signup, form["code"], self.visit.device)
        return await self.led_to(result, renewed=False)

    async def resend(self, form: Form, step: Step) -> Answer:
        async with errors_shown_on(partial(self.code_page, step, "")):
            signup = await self.begun(form, step)
            is_new = await self.flow.resend(signup, step, self.visit.origin)
        self.visit.notify(RESENT[is_new])
        return self.to(step)

    async def delivery(self, step: Step) -> Answer:
        """The line alone for htmx; opened directly it leads to the page that holds it."""
        if not self.visit.is_by_htmx:
            return self.to(step)
        codes = self.flow.codes(step)
        try:
            _, pending = await self.flow.waiting(await self.load(), step, self.visit.origin)
            line = delivery_line(codes.channel, await codes.progress(pending))
        except OutOfStep:
            line = LEFT
        context = {"delivery": line, "delivery_url": f"{self.url(step)}/delivery"}
        return self.parts.pages.fragment(self.visit, "signup/_delivery.html", context)

    async def password_page(self, refusal: Refusal | None = None) -> Answer:
        signup = await self.load()
        username = signup.email.value if signup.email else ""
        context = signup_pages.given(signup) | signup_pages.password_page(
            username, self.parts.password_min_length
        )
        return self._page("signup/password.html", context, refusal)

    async def email_code_page(self, typed: str, refusal: Refusal) -> Answer:
        """An address that got an account meanwhile is named anew."""
        if isinstance(refusal, EmailTaken):
            return await self.email_page("", refusal)
        return await self.code_page(Step.EMAIL_CODE, typed, refusal)

    async def finish_page(self, refusal: Refusal) -> Answer:
        """As above."""
        if isinstance(refusal, EmailTaken):
            return await self.email_page("", refusal)
        return await self.password_page(refusal)

    async def link_page(self, refusal: Refusal | None = None) -> Answer:
        signup = await self.loaded()
        context = signup_pages.given(signup) | signup_pages.link_page(signup)
        return self._page("signup/link.html", context, refusal)

    async def done_page(self) -> Answer:
        """For whoever has just been signed in, or whose account is ready but answer got lost."""
        access = await signed_in_or_none(self.visit, self.parts.sessions)
        person = await self.parts.people.find(access.user_id) if access else None
        signup = await self.load()
        if person is None and signup.step is not Step.DONE:
            return self.to(signup.step)
        email = person.email if person else signup.email and signup.email.value
        context = {
            "phone": person.spoken_phone if person else signup.number.spoken,
            "email": email,
            # Who proved a known number was never asked for an address.
            "existing": self.visit.notice in WELCOME_BACK or email is None,
            "signed_in": person is not None,
            "has_password": person is None or person.password_changed_at is not None,
        }
        return self._page("signup/done.html", context, None)

    async def _known(self, refusal: Refusal | None) -> Signup:
        """For a page that says why not, also where nothing can be looked up."""
        try:
            return await self.loaded()
        except Unavailable:
            if refusal is None:
                raise
            return Signup(self.visit.flow_id)

    def _page(self, template: str, context: dict[str, Any], refusal: Refusal | None) -> Answer:
        context |= {"plan": plan_line(self.parts, self._plan)}
        return self.parts.pages.page(self.visit, template, context, refusal)

    def _blank_page(self, template: str, context: dict[str, Any], *kind: bool) -> Answer:
        if self._plan:
            return self._page(template, context, None)
        return self.parts.pages.blank_page(self.visit, template, context | {"plan": None}, *kind)
