"""The one way in which pages ask for a code: its form, the check, another message, and the
words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any, ClassVar, Protocol

from litestar import Request

from app.domain.delivery.outbox import Progress, State
from app.domain.errors import OutOfStep, Refusal
from app.domain.limits import Origin
from app.domain.ports import Reason
from app.domain.verification.codes import EMAIL, GUESSES, PHONE, Channel
from app.domain.verification.sending import CodeSent
from app.domain.verification.verification import PendingCode, Verifications
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.request_context import RequestContext
from app.web.response import HttpResponse, redirect_to

# What every page with a code field shows, whatever the code is for.

POLLED = 120.0  # seconds; what has not been confirmed by then hardly ever is
SLOW = 10.0  # seconds in the outbox, from which the wait is told
NOT_SENT = "We couldn’t send the code. Try again in a few minutes."
ENDED = {"expired": "That code has expired", "locked": "That code is locked"}
MOST_COUNTED = 999  # what the countdown's three digits can show


@dataclass(frozen=True, slots=True)
class CodeWords:
    """What pages call a code that travels by text or by mail."""

    by_mail: bool
    heading: str
    label: str
    send_first: str
    send_again: str
    send_new: str
    can_send: str
    expired: str
    guarded: str  # what a limit of guesses protects
    ended: Mapping[str, str] = field(default_factory=lambda: ENDED)


WORDS = {
    PHONE.name: CodeWords(
        by_mail=False,
        heading="Enter the code from the text",
        label="6-digit code",
        send_first="Text me a code",
        send_again="Send the text again",
        send_new="Text me a new code",
        can_send="We can text",
        expired="Codes work for 10 minutes.",
        guarded="your number",
    ),
    EMAIL.name: CodeWords(
        by_mail=True,
        heading="Enter the code from the e-mail",
        label="8-digit code",
        send_first="E-mail me a code",
        send_again="Send the e-mail again",
        send_new="E-mail me a new code",
        can_send="We can e-mail",
        expired="Codes by e-mail work for 30 minutes.",
        guarded="your address",
    ),
}


def code_values(
    codes: Verifications,
    pending: PendingCode | None,
    progress: Progress | None,
    typed: str,
    origin: Origin,
) -> dict[str, Any]:
    """Without `pending` the database is silent, and the page only keeps what was typed."""
    return {
        "words": WORDS[codes.channel.name],
        "typed": typed,
        "ended": _ended(pending),
        "is_held": pending is not None and pending.is_held,
        "minutes_left": max(1, ceil(pending.seconds_left / 60)) if pending else None,
        "attempts_left": pending.attempts_left if pending else GUESSES,
        "resend_seconds": min(MOST_COUNTED, codes.resend_wait(pending)) if pending else 0,
        "sends_left": codes.sends_left(pending, origin) if pending else 1,
        "delivery": delivery_line(codes.channel, progress),
    }


def sent_notice(sent: CodeSent) -> str:
    """The notice that tells of it."""
    if sent.is_first:
        return "code-sent" if sent.channel is PHONE else "code-mailed"
    return "new-code" if sent.is_new else "sent-again"


def _ended(pending: PendingCode | None) -> str | None:
    if pending is None:
        return None
    if pending.seconds_left <= 0:
        return "expired"
    return None if pending.attempts_left else "locked"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What became of the message, in words. `polling`: it may still change."""

    state: str
    sentence: str
    polling: bool


# Asked for by a page that stayed open; a redirect would be no line, and asked for for ever.
LEFT = DeliveryLine(
    "left", "You’ve moved on from this page. Reload it to see where you are.", False
)


def delivery_line(channel: Channel, progress: Progress | None) -> DeliveryLine:
    what = "text" if channel is PHONE else "e-mail"
    if progress is None:
        return DeliveryLine("queued", f"Your {what} is on its way.", polling=False)
    young = progress.age < POLLED
    match progress.state:
        case State.QUEUED | State.SENDING if progress.age < SLOW:
            return DeliveryLine("queued", f"Your {what} is on its way.", polling=True)
        case State.QUEUED | State.SENDING:
            return DeliveryLine("late", _slow(what), polling=young)
        case State.SENT if young:
            return DeliveryLine("sent", f"The {what} was sent.", polling=True)
        case State.SENT:
            return DeliveryLine("sent", _unconfirmed(what), polling=False)
        case State.DELIVERED:
            return DeliveryLine("delivered", f"The {what} was delivered.", polling=False)
        case State.REFUSED:
            return DeliveryLine("refused", _refused(what, progress.reason), polling=False)
    return DeliveryLine("refused", _unsure(what) if progress.unsure else NOT_SENT, polling=False)


def _slow(what: str) -> str:
    return f"We can’t reach the service that sends the {what} right now. We’ll keep trying."


def _unconfirmed(what: str) -> str:
    return f"The {what} was sent, but we can’t tell if it arrived. If nothing came, ask again."


def _unsure(what: str) -> str:
    return f"We couldn’t be sure that the {what} went out. If nothing arrives, ask for another."


def _refused(what: str, reason: Reason | None) -> str:
    if reason is Reason.MISCONFIGURED:
        return NOT_SENT
    if what == "e-mail":
        return "That address can’t receive our e-mail. Check it, or use another."
    match reason:
        case Reason.UNUSABLE:
            return "We can’t text that number. Check it, or use another."
        case Reason.OPTED_OUT:
            return (
                "Texts from us are turned off for this number. Reply START to our last text,"
                " or use another number."
            )
        case Reason.UNSERVED:
            return "We can’t text that country yet. Use a number from another country."
    return NOT_SENT


@dataclass(frozen=True, slots=True)
class SentCode:
    """The code that is waited for, and what became of its newest message. `pending` is None where
    there is none, or where the database does not answer.
    """

    codes: Verifications
    pending: PendingCode | None
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class CodePage:
    """`values` is what the template needs beside what `_code.html` does."""

    template: str
    values: dict[str, Any]
    sent: SentCode


class CodeProof(Protocol):
    """What a code proves in one request. The code is posted to `form_url`, below which another one
    is asked for; `page_url` is where its form is seen.
    """

    page_url: str
    form_url: str
    fields: ClassVar[tuple[str, ...]]  # of its form

    async def find_code(self) -> SentCode:
        """Raises `OutOfStep` where none is waited for any more."""

    async def load_page(self, refusal: Refusal | None) -> CodePage | HttpResponse:
        """Where the page cannot be shown, the way onwards. Raises `OutOfStep`."""

    async def submit_code(self, form: Form) -> HttpResponse:
        """Raises what the check of a code does."""

    async def send_again(self, form: Form) -> str:
        """The notice that tells of it, "" for nothing to tell. Raises as for a first one."""


class CodeEntry:
    def __init__(self, container: Container, context: RequestContext, proof: CodeProof) -> None:
        self._container, self._context, self._proof = container, context, proof

    async def show(self, typed: str = "", refusal: Refusal | None = None) -> HttpResponse:
        page = await self._proof.load_page(refusal)
        if not isinstance(page, CodePage):
            return page
        sent, origin = page.sent, self._context.origin
        values = {
            "here": self._proof.form_url,
            "delivery_url": self._delivery_url,
            **page.values,
            **code_values(sent.codes, sent.pending, sent.progress, typed, origin),
        }
        return self._container.pages.render_page(self._context, page.template, values, refusal)

    async def submit(self, request: Request[Any, Any, Any]) -> HttpResponse:
        form = await read_form(request, self._proof.fields)
        async with errors_shown_on(partial(self.show, form["code"])):
            return await self._proof.submit_code(form)

    async def resend(self, request: Request[Any, Any, Any]) -> HttpResponse:
        form = await read_form(request, ())
        async with errors_shown_on(partial(self.show, "")):
            notice = await self._proof.send_again(form)
        if notice:
            self._context.remembered.set_notices(notice)
        return self.redirect()

    async def delivery(self) -> HttpResponse:
        """The line alone for htmx; opened directly it leads to the page that holds it."""
        if not self._context.info.is_by_htmx:
            return self.redirect()
        try:
            sent = await self._proof.find_code()
            waits = sent.pending and not sent.pending.is_held
            line = delivery_line(sent.codes.channel, sent.progress) if waits else LEFT
        except OutOfStep:
            line = LEFT
        values = {"delivery": line, "delivery_url": self._delivery_url}
        return self._container.pages.render_fragment(self._context, "signup/_delivery.html", values)

    def redirect(self) -> HttpResponse:
        """To the page of the code, as after a reload of the one that said it was too soon."""
        return redirect_to(self._proof.page_url, self._context.cookies.to_set)

    @property
    def _delivery_url(self) -> str:
        return f"{self._proof.form_url}/delivery"
