"""The fresh proof that changes of an account ask for, with the phone or, a day later, without."""

from typing import Any, ClassVar

from litestar import Controller, Request, get, post

from app.controllers.account.handler import AccountHandler
from app.controllers.code_entry import CodeEntry, CodePage, SentCode, sent_notice
from app.domain.account.confirmation import ConfirmationMethods, MethodNotOffered
from app.domain.account.confirmation_calls import call_to_confirm
from app.domain.account.delayed_changes import DelayedChange
from app.domain.account.without_phone import Step
from app.domain.errors import Refusal
from app.domain.limit_refusals import TooSoon
from app.domain.sessions.factors import Factor
from app.web.container import Container
from app.web.forms import Form
from app.web.response import HttpResponse

# Confirming without the phone: the password, then a code by mail, on one page.

AnyRequest = Request[Any, Any, Any]
ACTIONS = "/account/confirm/without-phone"
CONTACTS = ("/account/phone", "/account/email")


class AccountWithoutPhoneController(Controller):
    path = ACTIONS
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get(["", "/resend"])
    async def show_without_phone(self, request: AnyRequest) -> HttpResponse:
        return (await without_phone_code(request)).redirect()

    @post()
    async def submit_without_phone(self, request: AnyRequest) -> HttpResponse:
        return await (await without_phone_code(request)).submit(request)

    @post("/resend")
    async def submit_resend(self, request: AnyRequest) -> HttpResponse:
        return await (await without_phone_code(request)).resend(request)

    @get("/delivery")
    async def show_delivery(self, request: AnyRequest) -> HttpResponse:
        return await (await without_phone_code(request)).delivery()


class WithoutPhoneCode:
    """The code by mail that is the second of both proofs."""

    page_url, form_url = "/account/confirm?without-phone", ACTIONS
    elsewhere = ()
    fields: ClassVar[tuple[str, ...]] = ("password", "code")

    def __init__(self, handler: AccountHandler) -> None:
        self._handler, self._flow = handler, handler.account.without_phone

    async def find_code(self) -> SentCode:
        codes = self._flow.codes
        pending = await self._flow.find_pending(self._handler.access, self._handler.context.origin)
        return SentCode(codes, pending, pending.progress if pending else None)

    async def load_page(self, refusal: Refusal | None) -> CodePage | HttpResponse:
        """Whoever need not do without the phone is led to the ways they have."""
        handler = self._handler
        try:
            await self._flow.check(handler.access, handler.person)
        except MethodNotOffered:
            return handler.redirect_to("/account/confirm")
        sent = await self.find_code()
        values = {
            "for_contact": self._is_for_contact,
            "requested": await _requested(handler),
            "email": handler.person.email,
            "destination": handler.person.email,
            "by_code": sent.pending is not None,
        }
        return CodePage("account/confirm_without_phone.html", values, sent)

    async def submit_code(self, form: Form) -> HttpResponse:
        handler = self._handler
        handler.context.check_form(form.check)
        outcome = await self._flow.submit_proof(
            handler.access,
            handler.person,
            handler.context.device,
            code=form["code"],
            password=form["password"],
            for_contact=self._is_for_contact,
        )
        if outcome.next_step is Step.CODE:
            return handler.respond(outcome, self.page_url)
        target = handler.context.remembered.take_return_target("/account")
        return handler.respond(outcome, "/account" if outcome.next_step else target)

    async def send_again(self, form: Form) -> str:
        handler = self._handler
        handler.context.check_form(form.check)
        sent = await self._flow.resend_code(handler.access, handler.person, handler.context.origin)
        return sent_notice(sent)

    @property
    def _is_for_contact(self) -> bool:
        """Whether a new number or address is wanted, or nothing in particular."""
        target = self._handler.context.remembered.get_return_target("/account")
        return target == "/account" or target.startswith(CONTACTS)


async def without_phone_code(request: AnyRequest) -> CodeEntry:
    handler = await AccountHandler.for_request(request)
    return CodeEntry(handler.container, handler.context, WithoutPhoneCode(handler))


async def _requested(handler: AccountHandler) -> DelayedChange | None:
    waiting = await handler.account.delayed_changes.list_changes(handler.person.id)
    return next((one for one in waiting if one.kind == "confirmation"), None)


HERE = "/account/confirm"


class AccountConfirmController(Controller):
    path = HERE
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_confirm(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        if target := handler.context.info.query_params.get("return_to"):
            handler.context.remembered.remember_return(target)
        if "without-phone" in handler.context.info.query_params:
            return await CodeEntry(
                handler.container, handler.context, WithoutPhoneCode(handler)
            ).show()
        return await CodeEntry(handler.container, handler.context, ConfirmationCode(handler)).show()

    @post()
    async def submit_confirm(self, request: AnyRequest) -> HttpResponse:
        """A code when one was given, else the password. Back to what asked for it."""
        context = Container.from_request(request).get_context(request.scope)
        if "without-phone" in context.info.query_params:
            return await (await without_phone_code(request)).submit(request)
        return await (await _code(request)).submit(request)

    @get(["/code", "/resend", "/call"])
    async def show_code(self, request: AnyRequest) -> HttpResponse:
        return (await _code(request)).redirect()

    @post("/code")
    async def submit_code(self, request: AnyRequest) -> HttpResponse:
        """Sends a code. Asked again too soon, it leads to the page that counts down."""
        return await (await _code(request, is_first=True)).resend(request)

    @post("/resend")
    async def submit_resend(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).resend(request)

    @post("/call")
    async def submit_call(self, request: AnyRequest) -> HttpResponse:
        handler = await AccountHandler.for_request(request)
        by_phone = ConfirmationCode(handler)
        return await CodeEntry(handler.container, handler.context, by_phone).send(
            request, by_phone.call
        )

    @get("/delivery")
    async def show_delivery(self, request: AnyRequest) -> HttpResponse:
        return await (await _code(request)).delivery()


class ConfirmationCode:
    """The code that confirms a session, beside the other ways to. `is_first`: it is asked for where
    none is waited for yet.
    """

    page_url = form_url = HERE
    elsewhere = ()
    fields: ClassVar[tuple[str, ...]] = ("password", "code")

    def __init__(self, handler: AccountHandler, *, is_first: bool = False) -> None:
        self._handler, self._confirmation = handler, handler.account.confirmation
        self._is_first = is_first

    async def find_code(self) -> SentCode:
        return await self._find(await self._ways())

    async def load_page(self, refusal: Refusal | None) -> CodePage | HttpResponse:
        handler, methods = self._handler, await self._ways()
        if methods.more_from:
            later = {"more_from": methods.more_from}
            return handler.render_page("confirm_later.html", later, refusal)
        sent, by_mail = await self._find(methods), methods.code is Factor.EMAIL
        values = {
            "opened": methods.opened,
            "kinds": methods.kinds,
            "takes_code": methods.code in methods.kinds,
            "one_mailbox": methods.one_mailbox,
            "by_mail": by_mail,
            "destination": handler.person.email if by_mail else handler.person.phone_end,
            "username": handler.person.contacts[0],
            "auth0_down": handler.container.is_auth0_down,
            "by_code": sent.pending is not None and methods.code in methods.kinds,
        }
        return CodePage("account/confirm.html", values, sent)

    async def submit_code(self, form: Form) -> HttpResponse:
        handler = self._handler
        handler.context.check_form(form.check)
        outcome = await self._confirmation.submit_proof(
            handler.access,
            handler.person,
            handler.context.device,
            code=form["code"],
            password=form["password"],
        )
        return handler.respond(outcome, handler.context.remembered.take_return_target("/account"))

    async def send_again(self, form: Form) -> str:
        handler = self._handler
        handler.context.check_form(form.check)
        try:
            sent = await self._confirmation.send_code(
                handler.access, handler.person, handler.context.origin
            )
        except TooSoon:
            if not self._is_first:
                raise
            return ""  # the page counts down
        return sent_notice(sent)

    async def call(self, form: Form) -> str:
        handler = self._handler
        handler.context.check_form(form.check)
        sent = await call_to_confirm(
            self._confirmation, handler.access, handler.person, handler.context.origin
        )
        return sent_notice(sent)

    async def _ways(self) -> ConfirmationMethods:
        return await self._confirmation.find_methods(self._handler.access, self._handler.person)

    async def _find(self, methods: ConfirmationMethods) -> SentCode:
        codes = self._confirmation.codes_for(methods)
        pending = await self._confirmation.find_pending(
            self._handler.access, methods, self._handler.context.origin
        )
        return SentCode(codes, pending, pending.progress if pending else None)


async def _code(request: AnyRequest, *, is_first: bool = False) -> CodeEntry:
    handler = await AccountHandler.for_request(request)
    proof = ConfirmationCode(handler, is_first=is_first)
    return CodeEntry(handler.container, handler.context, proof)
