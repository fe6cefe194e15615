"""What each page of the sign-up shows: the words and numbers its template asks for."""

from typing import Any

from babel import Locale
from phonenumbers import country_code_for_region

from app.controllers.code_pages import code_context
from app.domain.delivery.outbox import Progress
from app.domain.errors import Refusal
from app.domain.identity.email_address import LikelyTypo
from app.domain.identity.phone import CountryNeeded
from app.domain.signup.signup import Contact, Signup, Step
from app.domain.verification.guesses import Pending
from app.domain.verification.verifications import Verifications

Context = dict[str, Any]

COUNTRIES = Locale("en").territories
STEPS = (
    (Step.PHONE, "Phone"),
    (Step.PHONE_CODE, "Text code"),
    (Step.EMAIL, "E-mail"),
    (Step.EMAIL_CODE, "E-mail code"),
    (Step.PASSWORD, "Password"),
)


def _progress(number: int) -> Context:
    steps = [
        {"name": name, "state": "done" if at < number else "current" if at == number else "todo"}
        for at, (_, name) in enumerate(STEPS, 1)
    ]
    return {"steps": steps, "step_number": number, "step_total": len(STEPS)}


PROGRESS = {step: _progress(number) for number, (step, _) in enumerate(STEPS, 1)}


def given(signup: Signup) -> Context:
    """Who a provider says that this is, which steps that has done (none, the password's, or the
    e-mail's too), and the address that the account gets or is likely to.
    """
    identity = signup.identity
    if identity is None:
        return {"identity": None, "given": 0}
    proved = signup.email.value if signup.email and signup.email.proved else None
    return {"identity": identity, "given": 2 if proved else 1, "address": proved or identity.email}


def link_page(signup: Signup) -> Context:
    at = signup.identity.at if signup.identity else None
    return {"phone": signup.number.spoken, "came_at": f"{at:%H:%M} UTC" if at else ""}


def candidates(refusal: Refusal | None) -> list[tuple[str, str, int]]:
    """The countries that a number without `+` may be of."""
    regions = refusal.regions if isinstance(refusal, CountryNeeded) else ()
    return [(r, COUNTRIES.get(r, r), country_code_for_region(r)) for r in regions]


def phone_page(
    typed: str, *, changing: bool, texts_down: bool, country: str, refusal: Refusal | None
) -> Context:
    return PROGRESS[Step.PHONE] | {
        "typed": typed,
        "candidates": candidates(refusal),
        "country": country,
        "texts_down": texts_down,
        "changing": changing,
    }


def email_page(typed: str, *, changing: bool, mail_down: bool, refusal: Refusal | None) -> Context:
    suggestion = refusal.suggestion if isinstance(refusal, LikelyTypo) else None
    return PROGRESS[Step.EMAIL] | {
        "typed": typed,
        "suggestion": suggestion,
        "mail_down": mail_down,
        "changing": changing,
    }


def password_page(username: str, minimum: int) -> Context:
    return PROGRESS[Step.PASSWORD] | {"username": username, "min_length": minimum}


def code_page(
    step: Step,
    contact: Contact,
    codes: Verifications,
    pending: Pending | None,
    progress: Progress | None,
    typed: str,
) -> Context:
    return PROGRESS[step] | {
        "destination": contact.typed or contact.value,
        "country_name": COUNTRIES.get(contact.region, contact.region),
        **code_context(codes, pending, progress, typed),
    }
