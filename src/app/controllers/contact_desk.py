"""One request about a new number or address: the pages on which it is named and proved."""

from abc import ABC, abstractmethod
from functools import partial
from typing import Any

from litestar import Request

from app.controllers.account_desk import AccountDesk
from app.controllers.code_pages import RESENT, code_context, delivery_line
from app.domain.account.contacts import ContactChange
from app.domain.errors import Forbidden, Refusal
from app.domain.identity.phone import Phone
from app.web.answer import Answer
from app.web.errors import errors_shown_on
from app.web.forms import read_form

AnyRequest = Request[Any, Any, Any]


class ContactDesk(ABC):
    """What both have in common; `code_url` is where the code is entered."""

    def __init__(self, desk: AccountDesk, change: ContactChange) -> None:
        self.desk, self._change = desk, change
        self.code_url = f"/account/{change.kind}-code"

    @abstractmethod
    async def another_page(self, refusal: Refusal) -> Answer:
        """Where another one is named."""

    async def code_page(self, typed: str = "", refusal: Refusal | None = None) -> Answer:
        """What turns out to be another account's is named anew. Nothing to prove leads back."""
        if isinstance(refusal, self._change.taken):
            return await self.another_page(refusal)
        desk, codes = self.desk, self._change.codes
        pending = await self._change.pending(desk.access, desk.visit.origin)
        if pending is None:
            return await self._nothing_pending(refusal)
        context = {
            "destination": _spoken(self._change, pending.destination),
            "delivery_url": f"{self.code_url}/delivery",
            **code_context(codes, pending, await codes.progress(pending), typed),
        }
        return desk.page(f"{self._change.kind}_code.html", context, refusal)

    async def prove(self, request: AnyRequest) -> Answer:
        desk, form = self.desk, await read_form(request, ("code",))
        async with errors_shown_on(partial(self.code_page, form["code"])):
            desk.visit.check_form(form)
            value = await self._change.prove(desk.access, form["code"], desk.visit.origin)
        return self.changed(value)

    def changed(self, value: str) -> Answer:
        """Back to the account, which tells of it."""
        return self.desk.to("/account", f"{self._change.kind}-changed")

    async def resend(self, request: AnyRequest) -> Answer:
        desk, form = self.desk, await read_form(request, ())
        async with errors_shown_on(partial(self.code_page, "")):
            desk.visit.check_form(form)
            is_new = await self._change.resend(
                desk.access, desk.visit.origin, fresh=await desk.is_fresh()
            )
        return desk.to(self.code_url, RESENT[is_new])

    async def delivery(self) -> Answer:
        """The line alone for htmx; opened directly it leads to the page that holds it."""
        desk, codes = self.desk, self._change.codes
        pending = await self._change.pending(desk.access, desk.visit.origin)
        if pending is None or not desk.visit.is_by_htmx:
            return desk.to(self.code_url)
        line = delivery_line(codes.channel, await codes.progress(pending))
        context = {"delivery": line, "delivery_url": f"{self.code_url}/delivery"}
        return desk.parts.pages.fragment(desk.visit, "signup/_delivery.html", context)

    async def cancel(self, request: AnyRequest) -> Answer:
        desk, form = self.desk, await read_form(request, ())
        async with errors_shown_on(partial(self.code_page, "")):
            desk.visit.check_form(form)
        cancelled = await self._change.cancel(desk.access, desk.visit.origin)
        return desk.to("/account", "change-cancelled" if cancelled else "no-change")

    async def waiting_for(self) -> str | None:
        """The value that a code was sent to."""
        value = await self._change.waiting_for(self.desk.access, self.desk.visit.origin)
        return _spoken(self._change, value) if value else None

    async def _nothing_pending(self, refusal: Refusal | None) -> Answer:
        """The same form a second time, whose first answer may have been lost, is told that all is
        done.
        """
        if refusal is None:
            return self.desk.to("/account")
        if isinstance(refusal, Forbidden):
            raise refusal
        done = await self._change.just_done(self.desk.access, self.desk.visit.origin)
        return self.changed(done) if done else self.desk.to("/account", "no-change")


async def changes_under_way(desk: AccountDesk) -> list[dict[str, str]]:
    """What waits for its code in this session, as the account page shows it."""
    parts, found = desk.parts, []
    for change in (parts.account.phone_change, parts.account.email_change):
        value = await change.waiting_for(desk.access, desk.visit.origin)
        if value:
            found.append({"kind": change.kind, "value": _spoken(change, value)})
    return found


def _spoken(change: ContactChange, value: str) -> str:
    """As people write it."""
    return Phone.known(value).spoken if change.kind == "phone" else value
