"""The one place that answers refusals and failures: by a page, a fragment, problem details of the
API, or a way onwards.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from litestar import Request
from litestar.exceptions import HTTPException

from app.domain.audit.events import current_request
from app.domain.errors import Forbidden, OutOfStep, Refusal, Unauthenticated, Unavailable
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.signup.accounts import ProveAgain
from app.web.answer import Answer, see_other
from app.web.parts import Parts
from app.web.problems import problem
from app.web.telemetry import told_path

log = logging.getLogger("app.errors")

HOME = ("/", "Go to the home page")
AGAIN = {
    "account": [("/account", "Go to your account")],
    "signup": [("/signup", "Go to sign-up")],
    "recovery": [("/recovery/email", "Recover your account")],
}
# The first step of a flow, and what is told to somebody who is led back there.
LOST = {
    "signup": ("phone", "forgotten"),
    "login": ("phone", "forgotten"),
    "recovery": ("email", "recovery-over"),
}

# Title, sentence and ways onwards of the pages that belong to no form.
WORDS: dict[int, tuple[str, str]] = {
    400: (
        "We could not read that",
        "What your browser sent was incomplete. Go back and try again.",
    ),
    403: ("That page was open too long", "Nothing was lost. Go back, reload it and try again."),
    404: ("There is no page here", "Check the address, or go on from the home page."),
    405: ("That does not work here", "Go back to the page you came from and use its buttons."),
    409: ("That has changed meanwhile", "Go back and look at how it stands now."),
    413: ("That was too much", "What you sent is far longer than we need. Go back and shorten it."),
    415: ("We could not read that", "Go back and use the form on the page."),
    429: ("That was a lot in a short time", "Wait a little, then go on where you were."),
    500: (
        "Something went wrong on our side",
        "We have been told. What you entered before this page is kept; try again in a minute.",
    ),
    503: (
        "We cannot do this right now",
        "Nothing was lost: what you entered before is kept. Try again in a minute.",
    ),
}


class Shown(Exception):
    """A refusal whose page was made where it happened."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@asynccontextmanager
async def errors_shown_on(page: Callable[[Refusal], Awaitable[Answer]]) -> AsyncIterator[None]:
    """A refusal inside is shown on `page`; what leads elsewhere still does."""
    try:
        yield
    except (OutOfStep, Unauthenticated, ConfirmationNeeded):
        raise
    except Refusal as refusal:
        try:
            answer = await page(refusal)
        except OutOfStep:
            if not isinstance(refusal, Forbidden):
                raise
            raise refusal from None  # whose form that was is not known
        except Unavailable:
            raise refusal from None  # not even the page can be made now
        raise Shown(answer) from refusal


def show_shown(request: Request[Any, Any, Any], shown: Shown) -> Answer:
    return shown.answer


def show_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Answer:
    """A refusal outside any form."""
    if isinstance(refusal, OutOfStep):
        return _to_current_step(request, refusal)
    if isinstance(refusal, Unauthenticated):
        visit = Parts.of(request).visit(request)
        if visit.has_begun:
            visit.leave_session()  # what somebody is signing up for is not lost by asking for it
        else:
            visit.sign_out()
        if visit.holds_session:
            visit.notify("signed-out-elsewhere")
        return see_other(f"/login?return_to={quote(request.scope['path'])}", visit.cookies_to_set)
    if isinstance(refusal, ConfirmationNeeded):
        visit = Parts.of(request).visit(request)
        back = quote(request.scope["path"])
        return see_other(f"/account/confirm?return_to={back}", visit.cookies_to_set)
    if isinstance(refusal, Unavailable):
        log.warning("unavailable", extra={"code": refusal.code, "cause": _cause(refusal)})
    return _error(request, refusal.status, refusal.message, refusal)


def show_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """What the framework refuses: unknown paths, wrong methods, bodies it will not read."""
    answer = _error(request, error.status_code)
    for name, value in (error.headers or {}).items():
        # What answers GET answers HEAD, which the framework does not know.
        told = value.replace("GET", "GET, HEAD") if "HEAD" not in value else value
        answer.answer_headers.append((name.lower().encode(), told.encode()))
    return answer


def show_crash(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """A bug of ours. The log tells where; the page gives a reference to find it by."""
    log.error("crash", exc_info=error, extra={"path": told_path(request.scope["path"])})
    return _error(request, 500)


def _error(
    request: Request[Any, Any, Any],
    status: int,
    message: str | None = None,
    refusal: Refusal | None = None,
) -> Answer:
    if _feature(request) == "api":
        known = HTTPStatus(status)
        code = refusal.code if refusal else known.name.lower()
        answer = problem(status, code, message or known.description or known.phrase)
    else:
        title, sentence = WORDS.get(status, WORDS[500 if status >= 500 else 400])
        parts = Parts.of(request)
        context = {
            "title": title,
            "message": message or sentence,
            "next": [*AGAIN.get(_feature(request), ()), HOME],
            "reference": current_request.get(),
        }
        answer = parts.pages.page(parts.visit(request), "error.html", context, status=status)
    seconds = getattr(refusal, "retry_after", None)
    if seconds is not None:
        answer.answer_headers.append((b"retry-after", b"%d" % seconds))
    return answer


def _to_current_step(request: Request[Any, Any, Any], refusal: OutOfStep) -> Answer:
    """`/signup/email` for the step `email` of the flow the request was about."""
    visit, feature = Parts.of(request).visit(request), _feature(request)
    first, lost = LOST.get(feature, ("", ""))
    if isinstance(refusal, ProveAgain):
        visit.notify("prove-again")
    elif visit.has_begun and refusal.step == first:
        visit.notify(lost)
    elif request.scope["method"] == "POST":
        visit.notify("elsewhere")
    # Signing in by phone is the sign-up as far as the code; what follows is only there.
    onwards = feature == "login" and refusal.step not in ("phone", "phone-code")
    door = "signup" if onwards else feature
    return see_other(f"/{door}/{refusal.step}", visit.cookies_to_set)


def _feature(request: Request[Any, Any, Any]) -> str:
    """`signup` for `/signup/email`."""
    return str(request.scope["path"]).split("/")[1]


def _cause(refusal: Refusal) -> str:
    return type(refusal.__cause__).__name__ if refusal.__cause__ else "decided"


def last_resort(status: int) -> bytes:
    """A page that needs neither template nor store. Its `#live` tells our script whose it is; htmx
    takes the inside of the body for that of `<main>`.
    """
    title, sentence = WORDS[status]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body id="main"><h1 tabindex="-1" autofocus>{title}</h1><p>{sentence}</p>'
        '<div id="live" role="status" hx-swap-oob="innerHTML"></div></body></html>'
    ).encode()
