"""Examples of codes: what became of their messages, on whichever page."""

from collections.abc import Callable, Mapping
from typing import Any

from app.controllers.code_words import WORDS, delivery_line, words_of
from app.domain.delivery.calls import TEMPLATE as CALL
from app.domain.delivery.outbox import Progress, State
from app.domain.errors import Refusal
from app.domain.limit_refusals import TooManySends, TooSoon
from app.domain.ports import Reason
from app.domain.verification.calling import CallNotOffered
from app.domain.verification.checking import ContactLocked, WrongCode
from app.domain.verification.codes import EMAIL, PHONE, Channel, parse_code

Values = Mapping[str, Any]
HOST = "example.org"
OTHER_WAYS = ("/login/phone", "/login/password", "/auth0/start?for=login")


def refused(call: Callable[..., object], *arguments: object) -> Refusal:
    """What a rule says no with."""
    try:
        call(*arguments)
    except Refusal as refusal:
        return refusal
    raise ValueError(f"{call} refuses nothing")


def progressed(
    channel: Channel,
    state: State,
    reason: Reason | None = None,
    age: float = 4,
    call_seconds: int | None = None,
) -> Values:
    progress = Progress(state, reason, unsure=False, age=age, since=age)
    line = delivery_line(channel, progress, can_call=call_seconds == 0)
    return {"delivery": line, "call_seconds": call_seconds}


def called(state: State, reason: Reason | None = None, age: float = 4) -> Values:
    """What became of a call."""
    progress = Progress(state, reason, unsure=False, age=age, since=age, template=CALL)
    line, words = delivery_line(PHONE, progress), words_of(PHONE, progress)
    return {"words": words, "delivery": line, "resend_seconds": 0, "sends_left": 0}


def code_entry(channel: Channel, here: str, destination: str) -> dict[str, Any]:
    """What `_code.html` is given."""
    flow, contact = here.split("/")[1], "email" if channel is EMAIL else "phone"
    return {
        "words": WORDS[channel.name],
        "here": here,
        "delivery_url": f"{here}/delivery",
        "elsewhere": (f"/{flow}/{contact}?change", *(OTHER_WAYS[1:] if flow == "login" else ())),
        "destination": destination,
        "typed": "",
        "ended": None,
        "is_held": False,
        "minutes_left": 9,
        "attempts_left": 5,
        "resend_seconds": 24,
        "sends_left": 3,
        "call_seconds": None,
        **progressed(channel, State.DELIVERED, age=90),
    }


def code_states(channel: Channel, **others: Values) -> dict[str, Values]:
    """What can become of a code, on whichever page."""
    return {
        "on_its_way": {**progressed(channel, State.QUEUED), "notice": "We sent the code again."},
        "slow": progressed(channel, State.QUEUED, age=30),
        "just_delivered": progressed(channel, State.DELIVERED, age=8),
        "not_received": progressed(channel, State.REFUSED, Reason.UNUSABLE),
        "not_delivered": progressed(channel, State.FAILED, Reason.UNREACHABLE),
        "blocked": progressed(channel, State.REFUSED, Reason.FILTERED),
        "too_late": progressed(channel, State.EXPIRED),
        "no_code": {"typed": "12", "refusal": refused(parse_code, "12", channel.digits, HOST)},
        "wrong": {"typed": "123456", "attempts_left": 1, "refusal": WrongCode(1)},
        "few_tries_left": {"attempts_left": 2, "minutes_left": 1},
        "expired": {"ended": "expired", "minutes_left": 1, "resend_seconds": 0},
        "locked": {"ended": "locked", "attempts_left": 0, "resend_seconds": 0},
        "closed_for_a_while": {"refusal": ContactLocked(600, "+"), "ways": OTHER_WAYS},
        "sent_on_another_page": {"is_held": True, "resend_seconds": 999},
        "too_soon": {"refusal": TooSoon(24)},
        "used_up": {"sends_left": 0, "refusal": TooManySends()},
        **others,
    }


def text_states() -> dict[str, Values]:
    """Why a text does not arrive, and no mail."""
    return {
        "landline": progressed(PHONE, State.REFUSED, Reason.LANDLINE),
        "turned_off": progressed(PHONE, State.REFUSED, Reason.OPTED_OUT),
        "country_off": progressed(PHONE, State.REFUSED, Reason.UNSERVED),
        "landline_may_be_called": progressed(PHONE, State.REFUSED, Reason.LANDLINE, call_seconds=0),
        "turned_off_may_be_called": progressed(
            PHONE, State.REFUSED, Reason.OPTED_OUT, call_seconds=0
        ),
        "blocked_may_be_called": progressed(PHONE, State.REFUSED, Reason.FILTERED, call_seconds=0),
        "failed_may_be_called": progressed(PHONE, State.FAILED, call_seconds=0),
    }


def call_states() -> dict[str, Values]:
    """A call that may be asked for soon or now, and what becomes of one."""
    return {
        "call_soon": progressed(PHONE, State.SENT, call_seconds=24),
        "call_now": progressed(PHONE, State.SENT, age=60, call_seconds=0),
        "about_to_ring": {**called(State.QUEUED), "notice": "We’re calling you with the code."},
        "calls_late": called(State.QUEUED, age=30),
        "ringing": called(State.SENT),
        "called_a_while_ago": called(State.SENT, age=400),
        "answered": called(State.DELIVERED, age=8),
        "busy": called(State.FAILED, Reason.BUSY),
        "no_answer": called(State.FAILED, Reason.NO_ANSWER),
        "no_connection": called(State.FAILED, Reason.UNREACHABLE),
        "cannot_be_called": called(State.REFUSED, Reason.UNUSABLE),
        "country_is_not_called": called(State.REFUSED, Reason.UNSERVED),
        "call_too_late": called(State.EXPIRED),
        "call_not_offered": {"refusal": CallNotOffered()},
    }


def delivery_entry() -> dict[str, Any]:
    """What `_delivery.html` is given."""
    entry = code_entry(PHONE, "/signup/phone-code", "")
    needed = ("here", "call_seconds", "delivery", "delivery_url", "elsewhere")
    return {name: entry[name] for name in needed}


def delivery_states() -> dict[str, Values]:
    shown, known = ("on_its_way", "slow", "just_delivered", "not_received"), code_states(PHONE)
    return {state: {"delivery": known[state]["delivery"]} for state in shown} | text_states()
