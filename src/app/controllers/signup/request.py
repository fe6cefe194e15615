"""One request of a sign-up or a sign-in by phone: whose it is, and where it leads."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from app.controllers.flow_forms import is_changing, load_for_form
from app.controllers.plan import find_named_plan
from app.domain.errors import Unavailable
from app.domain.outcome import Outcome
from app.domain.sessions.session import OpenedSession
from app.domain.signup.flow import Visitor
from app.domain.signup.signup import Signup, Step
from app.web.container import Container
from app.web.forms import FormCheck
from app.web.remembered_values import DEFAULT
from app.web.request_context import find_session, sign_in
from app.web.response import HttpResponse, redirect_to

CONFIRM_LINK = "/account/confirm?return_to=/account/identities"
OWNER_CODE = "/login/email-code"
PHONE_STEPS = (Step.PHONE, Step.PHONE_CODE)


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Where someone comes in: at sign-up, at sign-in or from Auth0, which are one flow. The
    session of an account that was there leads to `landing`, unless another page was asked for, and
    the first one of an account to `welcome`. `untold`: notices that are no news there.
    """

    name: str
    landing: str
    welcome: str
    untold: tuple[str, ...] = ()


DONE = "/signup/done"
SIGNUP = EntryPoint("signup", DONE, DONE)
LOGIN = EntryPoint("login", DEFAULT, DEFAULT, untold=("existing",))


class SignupRequest:
    def __init__(self, request: Request[Any, Any, Any], entry_point: EntryPoint) -> None:
        self.container = Container.from_request(request)
        self.context = self.container.get_context(request.scope)
        self.entry_point, self.flow = entry_point, self.container.signup
        self.is_changing = is_changing(self.context)
        self.plan = self.context.remembered.plan
        self.loaded: Signup | None = None
        self._path: str = request.scope["path"]

    async def load_flow(self) -> Signup:
        """A visitor who has not begun has nothing to look up."""
        if self.context.flow.has_begun:
            self.loaded = await self.flow.load_signup(self.context.flow.id, self._path)
        else:
            self.loaded = Signup(self.context.flow.id)
        return self.loaded

    async def load_flow_once(self) -> Signup:
        """As it was when it was last looked up."""
        return self.loaded or await self.load_flow()

    async def load_for_form(self, check: FormCheck, step: Step) -> Signup:
        return await load_for_form(
            self.context, check, self.load_flow, lambda signup: self.require_step(signup, step)
        )

    def require_step(self, signup: Signup, step: Step) -> None:
        signup.require_step(step, changing=self.is_changing)

    async def redirect_if_signed_in(self) -> HttpResponse | None:
        """On to where they belong, for who is signed in already and in the middle of nothing. While
        nobody can tell, the page is shown.
        """
        if self.context.flow.has_begun:
            return None
        try:
            access = await find_session(self.context, self.container.sessions)
        except Unavailable:
            return None
        if access is None:
            return None
        if self.context.info.query_params.get("plan"):
            query = self.context.info.query_string.decode("latin-1")
            return redirect_to(f"/plan?{query}", self.context.cookies.to_set)
        target = self.context.remembered.take_return_target(DEFAULT)
        return redirect_to(target, self.context.cookies.to_set)

    def step_url(self, step: Step) -> str:
        """Only the phone is proved at either entry point; what follows is the sign-up, but for a
        dormant account.
        """
        if step is Step.OWNER:
            return OWNER_CODE
        return f"/{self.entry_point.name if step in PHONE_STEPS else 'signup'}/{step}"

    def redirect_to_step(self, step: Step) -> HttpResponse:
        return redirect_to(self.step_url(step), self.context.cookies.to_set)

    def pick_plan(self, given: dict[str, str]) -> bool:
        """What a link or form names is shown, and can be changed, until there is an account. False
        for one that is not offered.
        """
        named = find_named_plan(self.container, self.context.remembered.currency, given)
        if named:
            self.context.remembered.remember_plan(named)
            self.plan = named
        unsure = not self.container.prices.get_known().catalogue.priced
        return named is not None or unsure or not given.get("plan")

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.context.device, self.context.flow.next_id, self.plan)

    async def respond(self, outcome: Outcome[Step]) -> HttpResponse:
        """On to what is missing, or in."""
        if outcome.session:
            return await self._open_session(outcome, outcome.session)
        if outcome.next_step is None:
            return self._start_over(outcome)
        self.context.remembered.extend_return()
        if outcome.is_rotated:
            self.context.flow.rotate()
        else:
            self.context.flow.begin()
        if outcome.plan:
            self.context.remembered.remember_plan(outcome.plan)
        return self.redirect_to_step(outcome.next_step)

    async def _open_session(self, outcome: Outcome[Step], session: OpenedSession) -> HttpResponse:
        await sign_in(self.context, self.container.sessions, session, outcome.method)
        if outcome.is_plan_saved:
            self.context.remembered.forget_plan()
        if outcome.link_pending:
            return redirect_to(CONFIRM_LINK, self.context.cookies.to_set)
        at = self.entry_point
        landing = at.welcome if outcome.is_new_account else at.landing
        target = self.context.remembered.take_return_target(landing)
        reported = [notice for notice in outcome.notices if notice not in at.untold]
        if reported:
            self.context.remembered.set_notices(*reported)
        return redirect_to(target, self.context.cookies.to_set)

    def _start_over(self, outcome: Outcome[Step]) -> HttpResponse:
        self.context.flow.end()
        self.context.remembered.forget_plan()
        self.context.remembered.set_notices(*outcome.notices)
        return redirect_to("/signup", self.context.cookies.to_set)
