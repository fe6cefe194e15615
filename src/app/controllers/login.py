"""Signing in, by phone (the sign-up as far as its code) or by e-mail and password, and out."""

from functools import partial
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.flow_forms import PHONE, other_methods
from app.controllers.signup.codes import signup_code
from app.controllers.signup.pages import SignupPages
from app.controllers.signup.request import LOGIN, SignupRequest
from app.controllers.signup.signup import CodeStepsController
from app.domain.errors import Forbidden, Refusal
from app.domain.recovery.recovery import Ending
from app.domain.signup.signup import Step
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.remembered_values import DEFAULT
from app.web.request_context import RequestContext, end_session, find_session
from app.web.response import HttpResponse, redirect_to

AnyRequest = Request[Any, Any, Any]


class LoginController(CodeStepsController):
    path = "/login"
    entry_point, email_step = LOGIN, Step.OWNER

    @get()
    async def show_login(self, request: AnyRequest) -> HttpResponse:
        """The number, and the other ways below it; whoever is signed in goes straight on."""
        current = SignupRequest(request, LOGIN)
        context = current.context
        context.remembered.read_return_to(context.info.query_params)
        if await find_session(context, current.container.sessions):
            target = context.remembered.take_return_target(DEFAULT)
            return redirect_to(target, context.cookies.to_set)
        if context.info.query_params.get("return_to"):
            signup = await current.load_flow()
            if signup.identity and signup.step is not Step.DONE:
                # Sent here for want of an account: what that still lacks is what leads on.
                if signup.step is Step.OWNER:
                    return current.redirect_to_step(signup.step)
                return redirect_to(f"/signup/{signup.step}", context.cookies.to_set)
        return await SignupPages(current).render_login_page()

    @get("/release")
    async def show_release(self, request: AnyRequest) -> HttpResponse:
        """A reload of a page that the form answered with."""
        return SignupRequest(request, LOGIN).redirect_to_step(Step.OWNER)

    @post("/release")
    async def submit_release(self, request: AnyRequest) -> HttpResponse:
        """A new account with the number, for who cannot read the mail of the one that has it."""
        current = SignupRequest(request, LOGIN)
        async with errors_shown_on(partial(signup_code(current, Step.OWNER).show, "")):
            signup = await current.load_for_form((await read_form(request, ())).check, Step.OWNER)
            outcome = await current.flow.release_number(signup, current.visitor)
        return await current.respond(outcome)

    @get("/password")
    async def show_password(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, LOGIN)
        return await current.redirect_if_signed_in() or await _render_password_form(
            current, current.context.remembered.get_typed("email")
        )

    @post("/password")
    async def submit_password(self, request: AnyRequest) -> HttpResponse:
        current = SignupRequest(request, LOGIN)
        form = await read_form(request, ("email", "password"))
        async with errors_shown_on(partial(_render_password_form, current, form["email"])):
            current.context.check_form(form.check)
            outcome = await current.container.login.submit_password(
                form["email"],
                form["password"],
                current.context.device,
                current.context.flow.id,
                has_flow=current.context.flow.has_begun,
            )
        return await current.respond(outcome)


async def _render_password_form(
    current: SignupRequest, typed: str, refusal: Refusal | None = None
) -> HttpResponse:
    methods = other_methods(current.container, refusal, PHONE, auth0_for="login")
    notices = (current.context.remembered.notice or "").split(".")
    is_reset = refusal is None and Ending.CHANGED in notices
    values = {"typed": typed, "ways": methods, "is_reset": is_reset}
    return SignupPages(current).render_page("login/password.html", values, refusal)


# The end of a session, by the person themselves.

CLEAR = (b"clear-site-data", b'"cache", "storage"')


class LogoutController(Controller):
    path = "/logout"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @post()
    async def submit_logout(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Also for whoever is no longer signed in: the cookies go either way."""
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        form = await read_form(request, ())
        async with errors_shown_on(partial(_render_page, container, context)):
            try:
                context.check_form(form.check)
            except Forbidden:
                if context.info.is_cross_site or await find_session(context, container.sessions):
                    raise
                # Signed out in another tab already: no session is left that the form could be for.
                context.remembered.set_notices("signed-out")
                return redirect_to("/", context.cookies.to_set)
        await end_session(context, container.sessions, "signed out")
        context.sign_out()
        context.remembered.forget_plan()
        context.remembered.set_notices("signed-out")
        return redirect_to("/", [*context.cookies.to_set, CLEAR])


async def _render_page(
    container: Container, context: RequestContext, refusal: Refusal
) -> HttpResponse:
    return container.pages.render_page(context, "logout/logout.html", {}, refusal)
