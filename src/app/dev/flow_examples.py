"""Examples of the flows, from sign-up to recovery, and what all examples are made with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from app.controllers.flow_forms import country_name, list_countries
from app.controllers.signup.pages import brought, progress
from app.dev.code_examples import (
    OTHER_WAYS,
    Values,
    call_states,
    code_entry,
    code_states,
    delivery_entry,
    delivery_states,
    refused,
    text_states,
)
from app.domain.credentials.budget import PasswordLocked
from app.domain.credentials.credentials import WrongCredentials
from app.domain.errors import Forbidden
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.passwords import refuse_guessable, refuse_malformed
from app.domain.identity.phone import CountryNeeded, LandlinePhone, Phone
from app.domain.identity.provider import ProviderDown
from app.domain.limit_refusals import TextsStopped, TooManySends, TooSoon
from app.domain.moments import Wait
from app.domain.signup.accounts import EmailTaken
from app.domain.signup.dormant import StillUsed
from app.domain.signup.signup import Contact, PendingIdentity, Signup, Step
from app.domain.verification.codes import EMAIL, PHONE


@dataclass(frozen=True, slots=True)
class Example:
    """`template` by its path; a mail by what its three parts share: `messages/new_device`.
    `values` are what it is given besides what every page is.
    """

    template: str
    state: str
    values: Values


def states(template: str, normal: Values, **others: Values) -> Iterator[Example]:
    """The normal one, and what differs from it in others, whose names may hold `_` for a blank."""
    yield Example(template, "normal", normal)
    for state, differing in others.items():
        yield Example(template, state.replace("_", " "), {**normal, **differing})


REGIONS = ("AU", "DE", "FR", "GB", "NZ", "SE", "US")
NUMBER, LONG_NUMBER = "+61 491 570 156", "+49 1512 3456789 0123"
ADDRESS = "ada@example.org"
LONG_ADDRESS = "ada.maria.elisabeth.von.und.zu.langenberg.de.la.torre@mail.long-winded.example.org"
PROVIDER_DOWN = {"auth0_down": True}
now = partial(datetime.now, UTC)
STALE = {"refusal": Forbidden()}


def number_entry() -> dict[str, Any]:
    """What `_phone_field.html` is given."""
    return {"typed": "", "countries": list_countries(REGIONS), "country": "AU", "candidates": ()}


def number_states(**others: Values) -> dict[str, Values]:
    asked = CountryNeeded(("GB", "NZ"))
    return {
        "landline": {"typed": "+44 20 7946 0018", "refusal": LandlinePhone()},
        "empty": {"refusal": refused(Phone.parse, "", REGIONS)},
        "which_country": {"typed": "07700 900123", "candidates": list_countries(asked.regions)},
        "texts_slow": {"texts_down": True},
        "texts_stopped": {"typed": NUMBER, "refusal": TextsStopped()},
        "one_country": {"countries": list_countries(("AU",))},
        **others,
    }


def address_states(**others: Values) -> dict[str, Values]:
    mistyped = "ada.maria.elisabeth.von.langenberg@gmial.com"
    typo = refused(EmailAddress.parse, mistyped)
    suggestion = getattr(typo, "suggestion", "")
    return {
        "empty": {"refusal": refused(EmailAddress.parse, "")},
        "no_address": {"typed": "ada at example", "refusal": refused(EmailAddress.parse, "ada at")},
        "likely_typo": {"typed": mistyped, "suggestion": suggestion, "refusal": typo},
        "mail_slow": {"mail_down": True},
        "too_many": {"typed": ADDRESS, "refusal": TooManySends()},
        **others,
    }


def password_states(**others: Values) -> dict[str, Values]:
    return {
        "too_short": {"refusal": refused(refuse_malformed, "short", 8, ())},
        "guessable": {"refusal": refused(refuse_guessable, "password1234", ())},
        "long_name": {"username": LONG_ADDRESS},
        "stale": STALE,
        **others,
    }


def sign_up(plan: Values) -> Iterator[Example]:
    """`plan` is one that was picked, as pages are given it."""
    new, ways = Signup(b""), {"auth0_ready": True, "auth0_down": False}
    closed = {"refusal": TooManySends(), "ways": OTHER_WAYS[1:]}
    known = Signup(b"", identity=_identity(LONG_ADDRESS))
    came = brought(known)
    number = number_entry() | ways | {"plan": None, "texts_down": False, "changing": False}
    number["kept"] = False
    yield from states(
        "signup/phone.html",
        {**number, **progress(new, Step.PHONE), **brought(new), "unknown_plan": False},
        **number_states(
            closed_for_a_while=closed,
            changed={"changing": True, "typed": NUMBER},
            changed_before_a_text={"changing": True, "typed": NUMBER, "kept": True},
            provider_down=PROVIDER_DOWN,
            plan_picked=plan,
            unknown_plan={"unknown_plan": True},
            brought_along=came | progress(known, Step.PHONE),
        ),
    )
    own = {"country_name": country_name("AU"), "plan": None, **progress(new, Step.PHONE_CODE)}
    yield from states(
        "signup/phone_code.html",
        {**code_entry(PHONE, "/signup/phone-code", NUMBER), **own},
        **code_states(PHONE, plan_picked=plan, long_number={"destination": LONG_NUMBER}),
        **text_states(),
        **call_states(),
    )
    yield from _waiting_for_text(plan)
    yield from _signed_up_by_mail(plan)
    yield from states("signup/_identity.html", came, address_proved={"address_given": True})
    yield from states("signup/_restart.html", {})
    yield from states("signup/_delivery.html", delivery_entry(), **delivery_states())


def _waiting_for_text(plan: Values) -> Iterator[Example]:
    """Of a number that comes after the address."""
    proved = Contact(ADDRESS, ADDRESS, proved=True)
    waiting = Signup(b"", email=proved, email_first=True)
    own = {"country_name": country_name("AU"), "plan": None, "here": "/signup/phone-code"}
    yield from states(
        "signup/phone_wait.html",
        {**own, **progress(waiting, Step.PHONE_CODE), **_wait(45), "destination": NUMBER},
        over=_wait(0),
        long={**_wait(300), "destination": LONG_NUMBER},
        too_soon={"refusal": TooSoon(45)},
        stopped={**_wait(0), "refusal": TextsStopped(), "ways": OTHER_WAYS[1:]},
        plan_picked=plan,
    )


def _wait(seconds: int) -> dict[str, Any]:
    return {"resend_seconds": seconds, "when": Wait(seconds)}


def _signed_up_by_mail(plan: Values) -> Iterator[Example]:
    new = Signup(b"")
    named = Contact("+61491570156", NUMBER)
    linking = Signup(b"", phone=named, identity=_identity(ADDRESS))
    blank = {"typed": "", "suggestion": None, "mail_down": False, "changing": False}
    first = Signup(b"", phone=Contact("+61491570156", NUMBER, kept=True), email_first=True)
    yield from states(
        "signup/email.html",
        {**blank, **progress(new, Step.EMAIL), **brought(new), "plan": None, "kept_number": None},
        **address_states(
            taken={"refusal": EmailTaken()},
            changed={"changing": True, "typed": LONG_ADDRESS},
            plan_picked=plan,
            brought_along=brought(linking) | progress(linking, Step.EMAIL),
            before_the_number=progress(first, Step.EMAIL) | {"kept_number": NUMBER},
        ),
    )
    coded = code_entry(EMAIL, "/signup/email-code", ADDRESS)
    yield from states(
        "signup/email_code.html",
        {**coded, "plan": None, **progress(new, Step.EMAIL_CODE)},
        **code_states(EMAIL, plan_picked=plan, long_address={"destination": LONG_ADDRESS}),
    )
    chosen = {"username": ADDRESS, "min_length": 8, "plan": None, **progress(new, Step.PASSWORD)}
    yield from states("signup/password.html", chosen, **password_states(plan_picked=plan))
    came = {"identity": linking.identity, "phone": NUMBER, "came_at": now() - timedelta(hours=3)}
    yield from states(
        "signup/link.html",
        {**came, "plan": None},
        without_address={"identity": _identity(None)},
        stale=STALE,
    )
    done = {"phone": NUMBER, "email": ADDRESS, "existing": False}
    yield from states(
        "signup/done.html",
        {**done, "signed_in": True, "has_password": True},
        had_an_account={"existing": True, "email": None, "signed_in": False},
        without_password={"has_password": False, "email": LONG_ADDRESS},
    )


def sign_in(plan: Values) -> Iterator[Example]:
    number = number_entry() | {"plan": None, "texts_down": False, "changing": False}
    yield from states(
        "login/phone.html",
        {**number, "auth0_ready": True, "auth0_down": False, "last_method": "", "asked": ""},
        **number_states(
            closed_for_a_while={"refusal": TooManySends(), "ways": OTHER_WAYS[1:]},
            last_by_phone={"last_method": "phone"},
            last_by_password={"last_method": "password"},
            last_by_provider={"last_method": "auth0"},
            asked_for={"asked": "account/identities"},
            provider_down=PROVIDER_DOWN,
            plan_picked=plan,
        ),
    )
    yield from states("login/_reason.html", {"asked": "account/data"}, elsewhere={"asked": "plan"})
    own = {"country_name": country_name("AU"), "plan": None}
    yield from states(
        "login/phone_code.html",
        code_entry(PHONE, "/login/phone-code", NUMBER) | own,
        **code_states(PHONE, plan_picked=plan),
    )
    yield from states(
        "login/email_code.html",
        code_entry(EMAIL, "/login/email-code", ADDRESS) | {"plan": None},
        **code_states(EMAIL, still_used={"refusal": StillUsed()}),
    )
    yield from states(
        "login/password.html",
        {"typed": "", "is_reset": False, "plan": None},
        wrong={"typed": ADDRESS, "refusal": WrongCredentials()},
        locked={"typed": ADDRESS, "refusal": PasswordLocked(600), "ways": OTHER_WAYS[::2]},
        empty={"refusal": refused(EmailAddress.parse, "")},
        just_reset={"typed": LONG_ADDRESS, "is_reset": True},
    )
    yield from states("logout/logout.html", {"refusal": Forbidden()})


def recovery() -> Iterator[Example]:
    blank = {"typed": "", "suggestion": None, "mail_down": False, "changing": False}
    changed: Values = {"changing": True, "typed": LONG_ADDRESS}
    yield from states("recovery/email.html", blank, **address_states(changed=changed))
    yield from states(
        "recovery/email_code.html",
        code_entry(EMAIL, "/recovery/email-code", ADDRESS),
        **code_states(EMAIL, long_address={"destination": LONG_ADDRESS}),
    )
    chosen = {"username": ADDRESS, "min_length": 8}
    yield from states("recovery/password.html", chosen, **password_states())


def provider() -> Iterator[Example]:
    """By what someone wants of it. A proof of an account sets off by a form only."""
    for purpose in ("login", "signup", "link", "confirm", "undo"):
        trip = {
            "purpose": purpose,
            "by_form": purpose in ("link", "confirm", "undo"),
            "start_url": f"/auth0/start?for={purpose}",
            "undo_url": "/account/undo/example",
        }
        yield Example("auth0/start.html", f"for {purpose}", trip)
        yield Example("auth0/failed.html", f"cancelled {purpose}", {**trip, "again": True})
        down = {"again": purpose == "undo", "refusal": ProviderDown()}
        yield Example("auth0/failed.html", f"failed {purpose}", trip | down)
    yield from states("auth0/leaving.html", {"url": "https://id.example.org/authorize?state=abc"})


def _identity(email: str | None) -> PendingIdentity:
    return PendingIdentity("https://id.example.org/", "auth0|1", email, email is not None, now())
