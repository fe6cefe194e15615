"""Refusals as the API answers them: problem details (RFC 9457)."""

from http import HTTPStatus

from app.domain.errors import Refusal, Unauthenticated
from app.domain.i18n import Text, _
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.signup.signup import Step
from app.web.response import HttpResponse, problem

# Refusals that a page answers with another status than the API does (contract 5).
STATUS = {"invalid_credentials": 401}
# What the framework refuses, by status. The names that Python gives them differ by version.
CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "content_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    431: "headers_too_large",
    500: "internal_server_error",
    501: "not_implemented",
    503: "service_unavailable",
}
# Of those, what the words of pages do not say to a program.
DETAILS: dict[int, Text] = {
    400: _("The body is missing, or the address or a header is malformed."),
    415: _("The content type of the body has to be application/json."),
}
# A step by the end of its call, where that is another word.
STEPS: dict[str | None, str] = {Step.OWNER: "email-code"}
# How to do it (RFC 6750 3, RFC 9470 3).
AUTHENTICATE = {
    Unauthenticated.code: b"Bearer",
    ConfirmationNeeded.code: b'Bearer error="insufficient_user_authentication"',
}


def status_problem(status: int, detail: Text = "") -> HttpResponse:
    """Of what the framework refuses; without a sentence, in the words of HTTP."""
    code = CODES.get(status) or CODES[500 if status >= 500 else 400]
    words = str(DETAILS.get(status, detail)) or HTTPStatus(status).phrase
    response = problem(status, code, words)
    if status == 503:
        response.raw_headers.append((b"retry-after", b"30"))
    return response


def status_of(refusal: Refusal | type[Refusal]) -> int:
    """By which the API answers it."""
    return STATUS.get(refusal.code, refusal.status)


def refusal_problem(refusal: Refusal) -> HttpResponse:
    """`step` is the current one, where the call was for another."""
    seconds, step = (getattr(refusal, name, None) for name in ("retry_after", "step"))
    response = problem(
        status_of(refusal),
        refusal.code,
        str(refusal.message),
        field=refusal.field,
        attempts_left=getattr(refusal, "attempts_left", None),
        retry_after=seconds,
        step=STEPS.get(step, step),
    )
    if seconds is not None:
        response.raw_headers.append((b"retry-after", b"%d" % seconds))
    if challenge := AUTHENTICATE.get(refusal.code):
        response.raw_headers.append((b"www-authenticate", challenge))
    return response
