"""One request of a recovery: whose it is, and the pages it may be answered with."""

from functools import partial
from typing import Any

from litestar import Request

from app.controllers.code_pages import RESENT, code_context, delivery_line
from app.controllers.steps_desk import StepsDesk
from app.domain.errors import OutOfStep, Refusal
from app.domain.identity.email_address import LikelyTypo
from app.domain.recovery.recovery import Ending, Recovery, Step
from app.web.answer import Answer, see_other
from app.web.errors import errors_shown_on
from app.web.forms import Form

HERE = f"/recovery/{Step.EMAIL_CODE}"


class RecoveryDesk(StepsDesk[Recovery, Step]):
    def __init__(self, request: Request[Any, Any, Any]) -> None:
        super().__init__(request)
        self.flow = self.parts.recovery

    async def load(self) -> Recovery:
        if not self.visit.has_begun:
            return Recovery(self.visit.flow_id)
        return await self.flow.load(self.visit.flow_id, self.visit.origin)

    def expect(self, recovery: Recovery, step: Step) -> None:
        if recovery.step is not step and not self.changing:
            raise OutOfStep(recovery.step)

    def to(self, step: Step) -> Answer:
        return see_other(f"/recovery/{step}", self.visit.cookies_to_set)

    async def first_page(self) -> Answer:
        """Filled in when it is about another address. Raises `OutOfStep`."""
        recovery = await self.load()
        self.expect(recovery, Step.EMAIL)
        return await self.email_page(recovery.email if self.changing else self.visit.typed("email"))

    async def email_page(self, typed: str, refusal: Refusal | None = None) -> Answer:
        changing, down = self.changing, self.parts.dispatcher.breakers["email"].open
        context = {
            "typed": typed,
            "suggestion": refusal.suggestion if isinstance(refusal, LikelyTypo) else None,
            "mail_down": down,
            "changing": changing,
        }
        if typed or refusal:
            return self._page("email.html", context, refusal)
        return self.parts.pages.blank_page(
            self.visit, "recovery/email.html", context, changing, down
        )

    async def code_page(self, typed: str = "", refusal: Refusal | None = None) -> Answer:
        """Raises `OutOfStep`."""
        codes, pending = self.flow.codes, self.flow.waiting(await self.load())
        context = {
            "destination": pending.destination,
            "delivery_url": f"{HERE}/delivery",
            **code_context(codes, pending, await codes.progress(pending), typed),
        }
        return self._page("email_code.html", context, refusal)

    async def resend(self, form: Form) -> Answer:
        async with errors_shown_on(partial(self.code_page, "")):
            recovery = await self.begun(form, Step.EMAIL_CODE)
            await self.flow.resend(recovery, self.visit.origin)
        is_new = recovery.newest is None or not recovery.newest.worth_sending_again
        self.visit.notify(RESENT[is_new])
        return self.to(Step.EMAIL_CODE)

    async def delivery(self) -> Answer:
        """The line alone for htmx; opened directly it leads to the page that holds it."""
        if not self.visit.is_by_htmx:
            return self.to(Step.EMAIL_CODE)
        codes, pending = self.flow.codes, self.flow.waiting(await self.load())
        line = delivery_line(codes.channel, await codes.progress(pending))
        context = {"delivery": line, "delivery_url": f"{HERE}/delivery"}
        return self.parts.pages.fragment(self.visit, "signup/_delivery.html", context)

    async def password_page(self, refusal: Refusal | None = None) -> Answer:
        """Raises `OutOfStep`."""
        recovery = await self.load()
        if recovery.step is not Step.PASSWORD:
            raise OutOfStep(recovery.step)
        context = {"username": recovery.email, "min_length": self.parts.password_min_length}
        return self._page("password.html", context, refusal)

    def ended(self, ending: Ending, email: str) -> Answer:
        """On to a sign-in with the new password: proving the address alone never is one."""
        self.visit.notify(ending)
        if ending is Ending.NO_ACCOUNT:
            return self.to(Step.EMAIL)
        self.visit.leave_session()
        self.visit.keep_typed(email=email)
        return see_other("/login/password", self.visit.cookies_to_set)

    def _page(self, template: str, context: dict[str, Any], refusal: Refusal | None) -> Answer:
        return self.parts.pages.page(self.visit, f"recovery/{template}", context, refusal)
