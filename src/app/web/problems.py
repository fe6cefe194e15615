"""Refusals as the API answers them: problem details (RFC 9457)."""

from http import HTTPStatus

from app.domain.errors import Refusal, Unauthenticated
from app.domain.sessions.session import ConfirmationNeeded
from app.web.response import HttpResponse, problem

# Refusals that a page answers with another status than the API does (contract 5).
STATUS = {"invalid_credentials": 401}
# How to do it (RFC 6750 3, RFC 9470 3).
AUTHENTICATE = {
    Unauthenticated.code: b"Bearer",
    ConfirmationNeeded.code: b'Bearer error="insufficient_user_authentication"',
}


def status_problem(status: int) -> HttpResponse:
    """Of what the framework refuses."""
    known = HTTPStatus(status)
    return problem(status, known.name.lower(), known.description or known.phrase)


def refusal_problem(refusal: Refusal) -> HttpResponse:
    """`step` is the current one, where the call was for another."""
    seconds = getattr(refusal, "retry_after", None)
    response = problem(
        STATUS.get(refusal.code, refusal.status),
        refusal.code,
        str(refusal.message),
        field=refusal.field,
        attempts_left=getattr(refusal, "attempts_left", None),
        retry_after=seconds,
        step=getattr(refusal, "step", None),
    )
    if seconds is not None:
        response.raw_headers.append((b"retry-after", b"%d" % seconds))
    if challenge := AUTHENTICATE.get(refusal.code):
        response.raw_headers.append((b"www-authenticate", challenge))
    return response
