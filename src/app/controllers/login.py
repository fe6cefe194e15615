"""Signing in: by phone, which is the sign-up as far as its code, or by e-mail and password."""

from functools import partial
from typing import Any

from litestar import Request, get, post

from app.controllers.phone_steps import PhoneStepsController
from app.controllers.signup_desk import SignupDesk
from app.domain.errors import Refusal
from app.domain.signup.signup import Step
from app.web.answer import Answer, see_other
from app.web.auth import sign_in, signed_in_or_none
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.return_to import DEFAULT

AnyRequest = Request[Any, Any, Any]


class LoginDesk(SignupDesk):
    """One request of a sign-in."""

    door = "login"
    landing = DEFAULT

    async def password_form(self, typed: str, refusal: Refusal | None = None) -> Answer:
        return self._page("login/password.html", {"typed": typed}, refusal)

    def choices(self) -> Answer:
        context = {
            "auth0_ready": self.parts.auth0_ready,
            "auth0_down": self.parts.auth0_down,
            "last_method": self.visit.last_method,
            "texts_down": self.parts.dispatcher.breakers["sms"].open,
        }
        return self._page("login/login.html", context, None)


class LoginController(PhoneStepsController):
    path = "/login"
    desk = LoginDesk

    @get()
    async def show_login(self, request: AnyRequest) -> Answer:
        """The ways in; whoever is signed in already goes straight on."""
        desk = LoginDesk(request)
        desk.visit.opened()
        if await signed_in_or_none(desk.visit, desk.parts.sessions):
            return see_other(desk.visit.return_taken(DEFAULT), desk.visit.cookies_to_set)
        if desk.visit.asked.get("return_to"):
            signup = await desk.load()
            if signup.identity and signup.step is not Step.DONE:
                # Sent here for want of an account: what that still lacks is what leads on.
                return see_other(f"/signup/{signup.step}", desk.visit.cookies_to_set)
        return desk.choices()

    @get("/password")
    async def show_password(self, request: AnyRequest) -> Answer:
        desk = LoginDesk(request)
        return await desk.passed_by() or await desk.password_form(desk.visit.typed("email"))

    @post("/password")
    async def submit_password(self, request: AnyRequest) -> Answer:
        desk = LoginDesk(request)
        form = await read_form(request, ("email", "password"))
        async with errors_shown_on(partial(desk.password_form, form["email"])):
            desk.visit.check_form(form)
            opened, linked = await desk.parts.login.submit_password(
                form["email"],
                form["password"],
                desk.visit.device,
                desk.visit.flow_id,
                begun=desk.visit.has_begun,
            )
        await sign_in(desk.visit, desk.parts.sessions, opened, "password")
        if linked is not None:
            desk.visit.notify("linked" if linked else "not-linked")
        return see_other(desk.visit.return_taken(DEFAULT), desk.visit.cookies_to_set)
