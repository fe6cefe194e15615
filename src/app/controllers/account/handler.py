"""One request about someone's own account, and about a new number or address for it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from litestar import Request

from app.controllers.code_entry import CodeEntry, CodePage, SentCode, sent_notice
from app.domain.account.contacts import ContactChange
from app.domain.errors import Forbidden, Refusal, Unauthenticated
from app.domain.identity.phone import Phone
from app.domain.identity.users import Person
from app.domain.outcome import Outcome
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.sessions.tokens import Access
from app.web.container import AccountContainer, Container
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.request_context import RequestContext, check_both_tokens, require_session
from app.web.response import HttpResponse, redirect_to


@dataclass(frozen=True, slots=True)
class AccountHandler:
    container: Container
    context: RequestContext
    access: Access
    person: Person

    @classmethod
    async def for_request(cls, request: Request[Any, Any, Any]) -> "AccountHandler":
        """A form needs both tokens of the session. Raises `Unauthenticated`."""
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        access = await require_session(context, container.sessions)
        if request.scope["method"] != "GET":
            await check_both_tokens(context, container.sessions, access)
        person = await container.people.find_person(access.user_id)
        if person is None:
            raise Unauthenticated
        context.person = person
        return cls(container, context, access, person)

    @classmethod
    async def for_confirmed_request(cls, request: Request[Any, Any, Any]) -> "AccountHandler":
        """For pages that ask for a proof of the last ten minutes, and for both tokens. Raises
        `ConfirmationNeeded` too.
        """
        handler = await cls.for_request(request)
        await handler.container.sessions.require_fresh(handler.access)
        await check_both_tokens(handler.context, handler.container.sessions, handler.access)
        return handler

    @classmethod
    async def for_contact_change(cls, request: Request[Any, Any, Any]) -> "AccountHandler":
        """The same; a proof without the phone will do, by which the change waits."""
        handler = await cls.for_request(request)
        await handler.container.sessions.require_contact_proof(handler.access)
        await check_both_tokens(handler.context, handler.container.sessions, handler.access)
        return handler

    @property
    def account(self) -> AccountContainer:
        return self.container.account

    @contextmanager
    def typed_values_kept(self, **typed: str) -> Iterator[None]:
        """Where a proof is asked for first, what was typed is there again afterwards."""
        try:
            yield
        except ConfirmationNeeded:
            self.context.remembered.remember_typed(**typed)
            raise

    def render_page(
        self, template: str, values: Mapping[str, Any], refusal: Refusal | None = None
    ) -> HttpResponse:
        return self.container.pages.render_page(
            self.context, f"account/{template}", values, refusal
        )

    def respond(self, outcome: Outcome[Any], url: str) -> HttpResponse:
        """On to `url`, with the next tokens of the session, if it has some."""
        if outcome.tokens:
            self.context.session.set(outcome.tokens)
        if outcome.contacts:
            self.context.device_cookie.remember(self.person.device_epoch, *outcome.contacts)
        if outcome.notices:
            self.context.remembered.set_notices(*outcome.notices)
        return self.redirect_to(url)

    def redirect_to(self, url: str, notice: str = "") -> HttpResponse:
        """On to another page, which tells the notice once."""
        if notice:
            self.context.remembered.set_notices(notice)
        return redirect_to(url, self.context.cookies.to_set)


# One request about a new number or address: the pages on which it is named and proved.

AnyRequest = Request[Any, Any, Any]


class ContactHandler(ABC):
    """What both have in common, with the proof by a code (`CodeProof`)."""

    fields: ClassVar[tuple[str, ...]] = ("code",)

    def __init__(self, handler: AccountHandler, change: ContactChange) -> None:
        self.account_handler, self._change = handler, change
        self.page_url = self.form_url = f"/account/{change.kind}-code"
        self.elsewhere = (f"/account/{change.kind}",)

    @abstractmethod
    async def render_another_page(self, refusal: Refusal) -> HttpResponse:
        """Where another one is named."""

    @property
    def code(self) -> CodeEntry:
        return CodeEntry(self.account_handler.container, self.account_handler.context, self)

    async def find_code(self) -> SentCode:
        codes = self._change.codes
        pending = await self._change.find_pending(
            self.account_handler.access, self.account_handler.context.origin
        )
        return SentCode(codes, pending, pending.progress if pending else None)

    async def load_page(self, refusal: Refusal | None) -> CodePage | HttpResponse:
        """What turns out to be another account's is named anew. Nothing to prove leads back."""
        if isinstance(refusal, self._change.taken):
            return await self.render_another_page(refusal)
        sent = await self.find_code()
        if sent.pending is None:
            return await self._redirect_without_pending(refusal)
        values = {"destination": _formatted(self._change, sent.pending.destination)}
        return CodePage(f"account/{self._change.kind}_code.html", values, sent)

    async def submit_code(self, form: Form) -> HttpResponse:
        handler = self.account_handler
        handler.context.check_form(form.check)
        outcome = await self._change.submit_code(
            handler.access, handler.person, form["code"], handler.context.origin
        )
        return handler.respond(outcome, "/account")

    async def send_again(self, form: Form) -> str:
        self.account_handler.context.check_form(form.check)
        sent = await self._change.resend_code(
            self.account_handler.access, self.account_handler.context.origin
        )
        return sent_notice(sent)

    async def cancel_change(self, request: AnyRequest) -> HttpResponse:
        handler, form = self.account_handler, await read_form(request, ())
        async with errors_shown_on(partial(self.code.show, "")):
            handler.context.check_form(form.check)
        cancelled = await self._change.cancel_change(handler.access, handler.context.origin)
        return handler.redirect_to("/account", "change-cancelled" if cancelled else "no-change")

    async def find_pending_value(self) -> str | None:
        """The value that a code was sent to."""
        value = await self._change.find_pending_value(
            self.account_handler.access, self.account_handler.context.origin
        )
        return _formatted(self._change, value) if value else None

    async def _redirect_without_pending(self, refusal: Refusal | None) -> HttpResponse:
        """The same form a second time, whose first answer may have been lost, is told that all is
        done.
        """
        handler = self.account_handler
        if refusal is None:
            return handler.redirect_to("/account")
        if isinstance(refusal, Forbidden):
            raise refusal
        outcome = await self._change.find_outcome(
            handler.access, handler.person, handler.context.origin
        )
        if outcome is None:
            return handler.redirect_to("/account", "no-change")
        return handler.respond(outcome, "/account")


async def find_pending_changes(handler: AccountHandler) -> list[dict[str, str]]:
    """What waits for its code in this session, as the account page shows it."""
    container, found = handler.container, []
    for change in (container.account.phone_change, container.account.email_change):
        value = await change.find_pending_value(handler.access, handler.context.origin)
        if value:
            found.append({"kind": change.kind, "value": _formatted(change, value)})
    return found


def _formatted(change: ContactChange, value: str) -> str:
    """As people write it."""
    return Phone.from_e164(value).formatted if change.kind == "phone" else value
