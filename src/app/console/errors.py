"""What the operators' pages say when something does not work: which store, and what to do."""

import logging
from typing import Any
from urllib.parse import quote

import asyncpg
from advanced_alchemy.exceptions import RepositoryError
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.postgres_connection import OUTAGES, describe_failure
from app.console.context import OperatorContext
from app.domain.audit import current_request
from app.domain.errors import Refusal, Unauthenticated, Unavailable
from app.web.middleware import ClientLeft
from app.web.response import HttpResponse, allowed, plain_text
from app.web.telemetry import log_refusal

log = logging.getLogger("app.console")

Asked = Request[Any, Any, Any]
STORE = "PostgreSQL doesn’t answer"
SLOW = (
    "That took too long",
    "PostgreSQL didn’t finish in time. Choose a shorter time or one more filter. If it goes on,"
    " look at /health of a server.",
)
# Of a list: nothing else is asked over SQLAlchemy.
TOO_SLOW = (TimeoutError, asyncpg.QueryCanceledError)
WORDS = {
    400: ("That can’t be read", "Check the address, or go back and use the page’s own form."),
    403: ("That page was open too long", "Nothing was done. Go back, reload it and try again."),
    404: ("There’s no page here", "Check the address, or start from the page of today."),
    405: ("That doesn’t work here", "Go back and use the page’s own buttons."),
    413: ("That was too much", "Go back and shorten it."),
    415: ("That can’t be read", "Go back and use the page’s own form."),
    500: ("Something went wrong here", "The log says where. Look whether it was done before you "
                                       "try again."),
}  # fmt: skip


def show_refusal(request: Asked, refusal: Refusal) -> HttpResponse:
    """Outside any form."""
    log_refusal(refusal)
    context = OperatorContext.from_request(request)
    if isinstance(refusal, Unauthenticated):
        return context.leave_for(f"/console/sign-in?return_to={quote(_way_back(request), safe='')}")
    if isinstance(refusal, Unavailable):
        return _show_outage(context, refusal.reason)
    title = WORDS.get(refusal.status, WORDS[400])[0]
    return _show(context, refusal.status, title, str(refusal.message))


def show_http_error(request: Asked, error: HTTPException) -> HttpResponse:
    code = error.status_code
    title, sentence = WORDS.get(code, WORDS[500 if code >= 500 else 400])
    response = _show(OperatorContext.from_request(request), code, title, sentence)
    for name, value in (error.headers or {}).items():
        if name.lower() == "allow":
            response.raw_headers.append((b"allow", allowed(value.split(", "))))
    return response


def show_client_left(request: Asked, error: ClientLeft) -> HttpResponse:
    """For the log: nobody is there to read it."""
    return plain_text(400, "")


def show_crash(request: Asked, error: Exception) -> HttpResponse:
    """What SQLAlchemy was told by PostgreSQL, or a bug of ours."""
    context = OperatorContext.from_request(request)
    outage = _outage_below(error)
    if outage:
        log.warning("unavailable", extra={"reason": describe_failure(outage)})
        if isinstance(outage, TOO_SLOW):
            return _show(context, 503, *SLOW)
        return _show_outage(context, describe_failure(outage))
    log.error("crash", exc_info=error, extra={"path": context.path})
    return _show(context, 500, *WORDS[500])


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Refusal: show_refusal,
    HTTPException: show_http_error,
    ClientLeft: show_client_left,
    Exception: show_crash,
}


def _outage_below(error: BaseException) -> BaseException | None:
    """What the driver raised, below what libraries have put around it."""
    seen: BaseException | None = error
    is_of_store = isinstance(error, RepositoryError | SQLAlchemyError | OSError)
    while seen is not None:
        if isinstance(seen, OUTAGES):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error if is_of_store else None


def _way_back(request: Asked) -> str:
    """What was asked for; after a form, the page that asks, which has the same address."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _show_outage(context: OperatorContext, reason: str) -> HttpResponse:
    sentence = (
        f"It says: {reason or 'nothing in time'}. Nothing can be shown or done until the server at "
        "DATABASE_URL answers. If you pressed a button just now, look whether it was done before "
        "you press it again."
    )
    response = _show(context, 503, STORE, sentence)
    response.raw_headers.append((b"retry-after", b"30"))
    return response


def _show(context: OperatorContext, status: int, title: str, sentence: str) -> HttpResponse:
    reference = current_request.get()
    return context.render("error.html", status, title=title, sentence=sentence, reference=reference)
