"""The one way in which pages ask for a code: its form, the check, and another message."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any, ClassVar, Protocol

from litestar import Request

from app.controllers.code_words import LEFT, delivery_line, words_of
from app.domain.delivery.outbox import Progress
from app.domain.errors import OutOfStep, Refusal
from app.domain.limits import Origin
from app.domain.verification.calling import call_wait
from app.domain.verification.codes import GUESSES, PHONE
from app.domain.verification.pending import PendingCode
from app.domain.verification.sending import CodeSent
from app.domain.verification.verification import Verifications
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.request_context import RequestContext
from app.web.response import HttpResponse, redirect_to

# What every page with a code field shows, whatever the code is for.

# Sends the code in another way, and answers with the notice that tells of it.
Send = Callable[[Form], Awaitable[str]]
MOST_COUNTED = 999  # what the countdown's three digits can show


def code_values(
    codes: Verifications,
    pending: PendingCode | None,
    progress: Progress | None,
    typed: str,
    origin: Origin,
) -> dict[str, Any]:
    """Without `pending` the database is silent, and the page only keeps what was typed."""
    return {
        "words": words_of(codes.channel, progress),
        "typed": typed,
        "ended": _ended(pending),
        "is_held": pending is not None and pending.is_held,
        "minutes_left": max(1, ceil(pending.seconds_left / 60)) if pending else None,
        "attempts_left": pending.attempts_left if pending else GUESSES,
        "resend_seconds": min(MOST_COUNTED, codes.resend_wait(pending)) if pending else 0,
        "sends_left": codes.sends_left(pending, origin) if pending else 1,
        **delivery_values(codes, pending, progress, origin),
    }


def delivery_values(
    codes: Verifications, pending: PendingCode | None, progress: Progress | None, origin: Origin
) -> dict[str, Any]:
    """What became of the message; and in how many seconds a call may be asked for, None for not."""
    wait = call_wait(codes, pending, origin)
    line = delivery_line(codes.channel, progress, can_call=wait == 0)
    return {"delivery": line, "call_seconds": wait}


def sent_notice(sent: CodeSent) -> str:
    """The notice that tells of it."""
    if sent.by_call:
        return "calling"
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
    is asked for; `page_url` is where its form is seen. `elsewhere` leads on from a number or
    address that no message reaches, the best way first.
    """

    page_url: str
    form_url: str
    fields: ClassVar[tuple[str, ...]]  # of its form

    @property
    def elsewhere(self) -> Sequence[str]: ...

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
            "elsewhere": () if page.values.get("ways") else self._proof.elsewhere,
            **page.values,
            **code_values(sent.codes, sent.pending, sent.progress, typed, origin),
        }
        return self._container.pages.render_page(self._context, page.template, values, refusal)

    async def submit(self, request: Request[Any, Any, Any]) -> HttpResponse:
        form = await read_form(request, self._proof.fields)
        async with errors_shown_on(partial(self.show, form["code"])):
            return await self._proof.submit_code(form)

    async def resend(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return await self.send(request, self._proof.send_again)

    async def send(self, request: Request[Any, Any, Any], how: Send) -> HttpResponse:
        form = await read_form(request, ())
        async with errors_shown_on(partial(self.show, "")):
            notice = await how(form)
        if notice:
            self._context.remembered.set_notices(notice)
        return self.redirect()

    async def delivery(self) -> HttpResponse:
        """The line alone for htmx; opened directly it leads to the page that holds it."""
        if not self._context.info.is_by_htmx:
            return self.redirect()
        shown: dict[str, Any] = {"delivery": LEFT, "call_seconds": None}
        with suppress(OutOfStep):
            sent = await self._proof.find_code()
            if sent.pending and not sent.pending.is_held:
                origin = self._context.origin
                shown = delivery_values(sent.codes, sent.pending, sent.progress, origin)
        values = {
            "here": self._proof.form_url,
            "delivery_url": self._delivery_url,
            "elsewhere": self._proof.elsewhere,
            **shown,
        }
        return self._container.pages.render_fragment(self._context, "signup/_delivery.html", values)

    def redirect(self) -> HttpResponse:
        """To the page of the code, as after a reload of the one that said it was too soon."""
        return redirect_to(self._proof.page_url, self._context.cookies.to_set)

    @property
    def _delivery_url(self) -> str:
        return f"{self._proof.form_url}/delivery"
