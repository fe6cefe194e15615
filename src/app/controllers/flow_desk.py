"""One request of a sign-up, without its pages: whose it is, and where it leads."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Request

from app.controllers.plan_desk import plan_state
from app.controllers.steps_desk import StepsDesk
from app.domain.errors import OutOfStep, Unavailable
from app.domain.pricing.choice import State
from app.domain.signup.finish import SignedIn
from app.domain.signup.signup import Signup, Step
from app.web.answer import Answer, see_other
from app.web.auth import sign_in, signed_in_or_none
from app.web.chosen_plan import chosen_plan, drop_plan, keep_plan
from app.web.return_to import DEFAULT

PHONE_STEPS = (Step.PHONE, Step.PHONE_CODE)


class FlowDesk(StepsDesk[Signup, Step]):
    """`door` is where the phone is proved: at sign-up or at sign-in, which are one flow."""

    door = "signup"
    landing = "/signup/done"

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        super().__init__(request)
        self.flow = self.parts.signup
        self._loaded: Signup | None = None
        self._plan = chosen_plan(self.visit)

    async def load(self) -> Signup:
        if self.visit.has_begun:
            self._loaded = await self.flow.load(self.visit.flow_id)
        else:
            self._loaded = Signup(self.visit.flow_id)
        return self._loaded

    async def loaded(self) -> Signup:
        """As it was when it was last looked up."""
        return self._loaded or await self.load()

    def expect(self, signup: Signup, step: Step) -> None:
        order = list(Step)
        earlier = order.index(step) < order.index(signup.step) < order.index(Step.DONE)
        if signup.step is not step and not (self.changing and earlier):
            raise OutOfStep(signup.step)

    async def passed_by(self) -> Answer | None:
        """On to where they belong, for who is signed in already and in the middle of nothing. While
        nobody can tell, the page is shown.
        """
        if self.visit.has_begun:
            return None
        try:
            access = await signed_in_or_none(self.visit, self.parts.sessions)
        except Unavailable:
            return None
        if access is None:
            return None
        if self.visit.asked.get("plan"):
            query = self.visit.query.decode("latin-1")
            return see_other(f"/plan?{query}", self.visit.cookies_to_set)
        return see_other(self.visit.return_taken(DEFAULT), self.visit.cookies_to_set)

    def url(self, step: Step) -> str:
        """Only the phone is proved at either door; what follows is the sign-up."""
        return f"/{self.door if step in PHONE_STEPS else 'signup'}/{step}"

    def to(self, step: Step) -> Answer:
        return see_other(self.url(step), self.visit.cookies_to_set)

    def on_to(self, step: Step) -> Answer:
        """After a step that was taken."""
        self.visit.begin_flow()
        if self._plan:
            keep_plan(self.visit, self._plan)
        return self.to(step)

    async def led_to(self, result: Signup | SignedIn, *, renewed: bool) -> Answer:
        """After a proof: what is missing, or in. `renewed`: the flow has another id by it."""
        if isinstance(result, SignedIn):
            return await self.signed_in(result)
        self.visit.prolong_return()
        if not renewed:
            return self.on_to(result.step)
        self.visit.renew_flow()
        await self._plan_goes_on()
        return self.to(result.step)

    async def signed_in(self, result: SignedIn) -> Answer:
        if not result.existing:
            await self._take_plan_along(result.session.user_id)
        method = "auth0" if result.linked else "phone"
        await sign_in(self.visit, self.parts.sessions, result.session, method)
        landing = self.visit.return_taken(self.landing)
        if result.existing and result.linked:
            self.visit.notify("linked")
        elif result.left_out:
            self.visit.notify("not-linked")
        elif result.existing and self.door == "signup":
            self.visit.notify("existing")
        return see_other(landing, self.visit.cookies_to_set)

    async def _plan_goes_on(self) -> None:
        """With the number that was just proved: a sign-up that was begun elsewhere had one too."""
        with suppress(Unavailable):
            if self._plan:
                await self.parts.plan_choices.keep_in_flow(self.visit.flow_id, self._plan)
            else:
                self._plan = await self.parts.plan_choices.of_number(self.visit.flow_id)
        if self._plan:
            keep_plan(self.visit, self._plan)

    async def _take_plan_along(self, user_id: UUID) -> None:
        """Into the new account, at the price that was shown. Where that is not today's any more, or
        cannot be kept, the browser still has it, and the account asks.
        """
        if self._plan and plan_state(self.parts, self._plan) is State.HOLDS:
            with suppress(Unavailable):
                await self.parts.plan_choices.keep(user_id, self._plan)
                drop_plan(self.visit)
