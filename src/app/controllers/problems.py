"""What refusals mean, a page for each: the address that problem details name as their type."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.domain.errors import Refusal
from app.domain.i18n import Text, _
from app.web.container import Container
from app.web.errors import WORDS
from app.web.problems import CODES, DETAILS, status_of
from app.web.response import HttpResponse, cache_headers

# Of refusals whose own sentence is made for the one who is refused.
GENERAL: dict[str, Text] = {
    "bad_phone": _("That isn’t a phone number, or not all of one."),
    "bad_email": _("That isn’t an e-mail address, or not all of one."),
    "likely_typo": _("That address looks like a typing error."),
    "bad_code": _("What was entered isn’t a code of ours."),
    "wrong_code": _("That isn’t the code we sent."),
    "weak_password": _("That password is too short, too long or too easy to guess."),
    "recovered_password": _(
        "That password was set with a code by e-mail, so for now it proves no more than that code"
        " does."
    ),
    "deletion_waits": _(
        "The phone number or e-mail address changed a short time ago, so the account can’t be"
        " deleted yet."
    ),
    "out_of_step": _("That isn’t the step that comes next."),
    "bad_form": _("A field of the form came twice, or as a list."),
    "too_soon": _("Another message was asked for before the wait was over."),
    "too_many_guesses": _("Too many wrong codes were entered."),
    "contact_locked": _("Too many wrong codes were entered for that number or address."),
    "password_locked": _("Too many wrong passwords were entered for that account."),
    "too_many_passwords": _("Too many wrong passwords came from one place."),
    "too_many_new_passwords": _("Too many new passwords were tried."),
    "too_many_ops_tokens": _("Too many wrong tokens came from one place."),
    "unknown_currency": _("There are no prices in that currency."),
}
# By status, which is the kind.
ADVICE: dict[int, Text] = {
    400: _("Correct the request: the same one is refused again."),
    401: _("Sign in. A program first replaces its access token."),
    403: _("Confirm it’s you, or open the page again, then send the same once more."),
    404: _("Check the address."),
    405: _("Use a method that this address takes."),
    408: _("Send it again."),
    409: _("Look at how things are now, and go on from there."),
    413: _("Send less."),
    414: _("Use a shorter address."),
    415: _("Send JSON, and say so in the content type."),
    422: _("Change what was entered, then send it again."),
    429: _("Wait a little before you try again. Where we know for how long, the answer says so."),
    431: _("Send fewer headers and cookies."),
    500: _("Try again in a minute. If it goes on, tell whoever runs this service."),
    501: _("Send it in another way."),
    503: _("Try again a little later. Nothing was lost."),
}
_START_AGAIN = _("Start again from the first step.")
_NEW_CODE = _("Ask for a new code, and enter that one.")
# Where the kind alone would mislead.
ADVICE_OF: dict[str, Text] = {
    "forged": ADVICE[400],
    "invalid_credentials": ADVICE[422],
    "email_taken": ADVICE[422],
    "email_taken_by_other": ADVICE[422],
    "phone_taken": ADVICE[422],
    "out_of_step": _("Continue with the next step. Programs find it in “step”."),
    "confirmation_required": _(
        "Confirm it’s you, then send the same once more. A program asks for a code to confirm with."
    ),
    "unknown_handle": _START_AGAIN,
    "grant_spent": _START_AGAIN,
    "bad_id_token": _START_AGAIN,
    "auth0_asks_again": _START_AGAIN,
    "network_blocked": _(
        "Use another network. If that’s a mistake, tell whoever runs this service."
    ),
    "no_code": _NEW_CODE,
    "expired_code": _NEW_CODE,
    "spent_code": _NEW_CODE,
    "call_under_way": _("Send the same call with the same key again in a second."),
    "deletion_waits": ADVICE[429],
    "bad_field": ADVICE[400],
    "bad_idempotency_key": ADVICE[400],
    "idempotency_key_reused": ADVICE[400],
    "call_not_offered": _(
        "Wait for the text, or ask for it again. If none arrives, use another number."
    ),
    "too_many_sends": _("Try again in an hour. If it’s refused again, try tomorrow."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`status` is that of the API."""

    code: str
    status: int
    happened: Text
    advice: Text


def list_problems() -> list[Problem]:
    """By status and code: of all refusals that are imported, and of the framework's own."""
    ours = {
        one.code: Problem(one.code, status_of(one), _happened(one), _advice(one))
        for one in _refusals(Refusal)
    }
    theirs = {
        code: Problem(code, status, DETAILS.get(status, WORDS[status][0]), ADVICE[status])
        for status, code in CODES.items()
    }
    return sorted((theirs | ours).values(), key=lambda one: (one.status, one.code))


def _happened(refusal: type[Refusal]) -> Text:
    return GENERAL.get(refusal.code, refusal.message)


def _advice(refusal: type[Refusal]) -> Text:
    return ADVICE_OF.get(refusal.code) or ADVICE[status_of(refusal)]


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Those with a code of their own, but for those of a developer's machine."""
    for one in kind.__subclasses__():
        if "code" in vars(one) and not one.__module__.startswith("app.dev."):
            yield one
        yield from _refusals(one)


[CACHING] = cache_headers(300, 600, 86400)


class ProblemsController(Controller):
    path = "/problems"
    include_in_schema = False

    @get()
    async def list_problems(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return _respond(request, "problems/problems.html", {"problems": list_problems()})

    @get("/{code:str}")
    async def show_problem(
        self, request: Request[Any, Any, Any], code: FromPath[str]
    ) -> HttpResponse:
        for problem in list_problems():
            if problem.code == code:
                return _respond(request, "problems/problem.html", {"problem": problem})
        raise NotFoundException


def _respond(
    request: Request[Any, Any, Any], template: str, values: dict[str, Any]
) -> HttpResponse:
    container = Container.from_request(request)
    context = container.get_context(request.scope)
    return container.pages.render_public(context, template, values, CACHING, is_kept=False)
