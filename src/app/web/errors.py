"""The one place that answers refusals and failures: by a page, a fragment, problem details of the
API, or a way onwards.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, Template, TemplateSyntaxError
from litestar import Request
from litestar.exceptions import HTTPException

from app.domain.audit import current_request
from app.domain.blocks import NetworkBlocked
from app.domain.errors import Forbidden, OutOfStep, Refusal, Unauthenticated, Unavailable
from app.domain.i18n import Language, Text, _, current_language
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.signup.accounts import ProveAgain
from app.domain.signup.signup import Step
from app.web.brand import Brand
from app.web.container import Container
from app.web.forms import CookiesOff
from app.web.middleware import LAST_TIME, ClientLeft, NoResponse
from app.web.overrides import OURS
from app.web.problems import refusal_problem, status_problem
from app.web.response import HttpResponse, allowed, plain_text, redirect_to
from app.web.telemetry import log_refusal, path_without_secrets, refusal_facts
from app.web.templates import build_environment, describe_template_error

log = logging.getLogger("app.errors")

HOME = ("/", _("Go to the home page"))
AGAIN = {
    "account": [("/account", _("Go to your account"))],
    "signup": [("/signup", _("Go to sign-up"))],
    "recovery": [("/recovery/email", _("Recover your account"))],
    "login": [("/login", _("Go to sign-in"))],
    "auth0": [("/login", _("Go to sign-in"))],
}
# The first step of a flow, and what is told to someone who is led back there.
LOST = {
    "signup": ("phone", "forgotten"),
    "login": ("phone", "forgotten"),
    "recovery": ("email", "recovery-over"),
}

# Title, sentence and ways onwards of the pages that belong to no form.
WORDS: dict[int, tuple[Text, Text]] = {
    400: (
        _("We couldn’t read that"),
        _("What your browser sent was incomplete. Go back and try again."),
    ),
    403: (
        _("That page was open too long"),
        _("Nothing was lost. Go back, reload it and try again."),
    ),
    404: (_("There’s no page here"), _("Check the address, or start from the home page.")),
    405: (_("That doesn’t work here"), _("Go back to the page you came from and use its buttons.")),
    408: (_("That took too long"), _("Your browser stopped in the middle. Go back and try again.")),
    409: (_("That has changed in the meantime"), _("Go back to see how it is now.")),
    413: (
        _("That was too much"),
        _("What you sent is far longer than we need. Go back and shorten it."),
    ),
    414: (
        _("That address is too long"),
        _("Check it, or go back to the page you came from and use its links."),
    ),
    415: (_("We couldn’t read that"), _("Go back and use the form on the page.")),
    429: (
        _("Too many requests in a short time"),
        _("Wait a little, then carry on where you were."),
    ),
    431: (
        _("That was too much"),
        _("Your browser sent far more than we need. Clear the cookies of this site and try again."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("What you entered before this page is kept. Try again in a minute."),
    ),
    501: (
        _("We couldn’t read that"),
        _("Your browser sent it in a way we don’t know. Go back and try again."),
    ),
    503: (
        _("We can’t do this right now"),
        _("Nothing was lost: what you entered before is kept. Try again in a minute."),
    ),
}


# Titles of refusals that the one of their status does not fit.
TITLES = {
    CookiesOff.code: _("This page needs cookies"),
    NetworkBlocked.code: _("That isn’t possible from here"),
}


class PreparedResponse(Exception):
    """A refusal whose page was made where it happened."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@asynccontextmanager
async def errors_shown_on(
    page: Callable[[Refusal], Awaitable[HttpResponse]],
) -> AsyncIterator[None]:
    """A refusal inside is shown on `page`; what leads elsewhere still does."""
    try:
        yield
    except (OutOfStep, Unauthenticated, ConfirmationNeeded):
        raise
    except Refusal as refusal:
        if isinstance(refusal, Unavailable) and refusal.lost:
            raise
        try:
            response = await page(refusal)
        except OutOfStep:
            if not isinstance(refusal, Forbidden):
                raise
            raise refusal from None  # whose form that was is not known
        except Unavailable:
            raise refusal from None  # not even the page can be made now
        log_refusal(refusal)
        raise PreparedResponse(response) from refusal


def show_prepared_response(
    request: Request[Any, Any, Any], shown: PreparedResponse
) -> HttpResponse:
    return shown.response


def show_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> HttpResponse:
    """A refusal outside any form."""
    if isinstance(refusal, Unavailable) and refusal.lost and not request.scope.get(LAST_TIME):
        log.info("asked again", extra=refusal_facts(refusal))
        return NoResponse()
    log_refusal(refusal)
    if _feature(request) == "api":
        return refusal_problem(refusal)
    if isinstance(refusal, OutOfStep):
        return _redirect_to_current_step(request, refusal)
    if isinstance(refusal, Unauthenticated):
        context = Container.from_request(request).get_context(request.scope)
        if context.flow.has_begun:
            # what someone is signing up for is not lost by asking for it
            context.session.clear()
        else:
            context.sign_out()
        if context.session.exist:
            context.remembered.set_notices("signed-out-elsewhere")
        return redirect_to(
            f"/login?return_to={quote(request.scope['path'])}", context.cookies.to_set
        )
    if isinstance(refusal, ConfirmationNeeded):
        context = Container.from_request(request).get_context(request.scope)
        back = quote(request.scope["path"])
        return redirect_to(f"/account/confirm?return_to={back}", context.cookies.to_set)
    return _error_response(request, refusal.status, refusal.message, refusal)


def show_http_error(request: Request[Any, Any, Any], error: HTTPException) -> HttpResponse:
    """What the framework refuses: unknown paths, wrong methods, bodies it will not read."""
    response = _error_response(request, error.status_code)
    for name, value in (error.headers or {}).items():
        header_value = allowed(value.split(", ")) if name.lower() == "allow" else value.encode()
        response.raw_headers.append((name.lower().encode(), header_value))
    return response


def show_client_left(request: Request[Any, Any, Any], error: ClientLeft) -> HttpResponse:
    """For the log: nobody is there to read it."""
    return plain_text(400, "")


def show_crash(request: Request[Any, Any, Any], error: Exception) -> HttpResponse:
    """A bug of ours. The log tells where; the page gives a reference to find it by."""
    log.error("crash", exc_info=error, extra={"path": path_without_secrets(request.scope["path"])})
    is_live = Container.from_request(request).pages.is_live
    return _error_response(request, 500, cause=describe_template_error(error) if is_live else "")


def _error_response(
    request: Request[Any, Any, Any],
    status: int,
    message: Text | None = None,
    refusal: Refusal | None = None,
    cause: str = "",
) -> HttpResponse:
    title, sentence = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    if _feature(request) == "api":
        response = status_problem(status, title)
    else:
        title = TITLES.get(refusal.code, title) if refusal else title
        context = {
            "title": title,
            "message": message or sentence,
            "next": [*AGAIN.get(_feature(request), ()), HOME],
            "reference": current_request.get(),
            "cause": cause,
        }
        response = _error_page(request, status, context)
    seconds = getattr(refusal, "retry_after", None)
    if seconds is not None:
        response.raw_headers.append((b"retry-after", b"%d" % seconds))
    return response


def _error_page(
    request: Request[Any, Any, Any], status: int, context: Mapping[str, object]
) -> HttpResponse:
    container = Container.from_request(request)
    asked = container.get_context(request.scope)
    try:
        return container.pages.render_page(asked, "error.html", context, status=status)
    except Exception as error:
        if not container.pages.is_live:
            raise
        # In development it says why there is none, and the browser is told to look again.
        return plain_text(500, describe_template_error(error), [(b"refresh", b"1")])


def _redirect_to_current_step(request: Request[Any, Any, Any], refusal: OutOfStep) -> HttpResponse:
    """`/signup/email` for the step `email` of the flow the request was about."""
    context, feature = Container.from_request(request).get_context(request.scope), _feature(request)
    first, lost = LOST.get(feature, ("", ""))
    if isinstance(refusal, ProveAgain):
        context.remembered.set_notices("prove-again")
    elif context.flow.has_begun and refusal.step == first:
        context.remembered.set_notices(lost)
    elif request.scope["method"] == "POST":
        context.remembered.set_notices("elsewhere")
    # Signing in by phone is the sign-up as far as the code; what follows is only there.
    if refusal.step == Step.OWNER:
        return redirect_to("/login/email-code", context.cookies.to_set)
    onwards = feature == "login" and refusal.step not in ("phone", "phone-code")
    entry_point = "signup" if onwards else feature
    return redirect_to(f"/{entry_point}/{refusal.step}", context.cookies.to_set)


def _feature(request: Request[Any, Any, Any]) -> str:
    """`signup` for `/signup/email`."""
    return str(request.scope["path"]).split("/")[1]


LAST_RESORT = "_shell/last_resort.html"
MAY_PASS = (408, 500, 503)  # so that the same again is worth a try


class LastResort:
    """The page that is left when no other can be made. Read at the start, it needs no store and
    none of the other templates.
    """

    def __init__(self, brand: Brand | None = None) -> None:
        self._brand = brand or Brand()
        self._environments: dict[tuple[str, str], Environment] = {}
        self.render(500)

    def render(self, status: int, reference: str = "") -> bytes:
        """`reference` is what the log knows the request by; '' where it knows of none."""
        title, sentence = WORDS[status]
        return (
            self._template(current_language.get())
            .render(
                title=title,
                sentence=sentence,
                may_pass=status in MAY_PASS,
                contact=self._brand.contact,
                light=self._brand.light,
                dark=self._brand.dark,
                reference=reference,
            )
            .encode()
        )

    def _template(self, language: Language) -> Template:
        key = (language.code, language.version)
        environment = self._environments.get(key)
        if environment is None:
            environment = build_environment(language, self._brand.overrides)
            self._environments[key] = environment
        try:
            return environment.get_template(LAST_RESORT)
        except TemplateSyntaxError:
            if self._brand.overrides is None:
                raise
            return environment.get_template(OURS + LAST_RESORT)
