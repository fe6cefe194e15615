"""Undoing a change: the link of the mail that told of it, and the proof that confirms it."""

from contextlib import suppress
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.controllers.code_entry import CodeEntry, CodePage, SentCode, sent_notice
from app.domain.account.undo import UNDONE
from app.domain.account.undoable import Change, UndoneAlready
from app.domain.errors import Conflict, Refusal, Unavailable
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.request_context import RequestContext
from app.web.response import HttpResponse, redirect_to

AnyRequest = Request[Any, Any, Any]


class AccountUndoController(Controller):
    path = "/account/undo"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/{token:str}")
    async def show_undo(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        """Changes nothing: scanners of mail open every link."""
        return await _render_page(request, token)

    @post("/{token:str}")
    async def submit_undo(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        """Needs no session: whoever lost the account has none."""
        container = Container.from_request(request)
        context, form = container.get_context(request.scope), await read_form(request, ())
        async with errors_shown_on(partial(_render_page, request, token)):
            context.check_form(form.check)
            with suppress(UndoneAlready):
                await container.account.undo.begin_undo(token, context.origin)
                return redirect_to(f"/account/undo/{token}/confirm", context.cookies.to_set)
        return redirect_to(f"/account/undo/{token}", context.cookies.to_set)


async def _render_page(
    request: AnyRequest, token: str, refusal: Refusal | None = None
) -> HttpResponse:
    """With the button while it can be undone, else with the reason why not. That it was undone, by
    whichever post, is no error.
    """
    container, change, reason = Container.from_request(request), None, None
    context = container.get_context(request.scope)
    try:
        change = await container.account.undo.read_change(token)
        change.check()
    except Unavailable:
        raise
    except Refusal as no:
        reason = no
    just_now = UNDONE in (context.remembered.notice or "").split(".")
    done = change is not None and (change.undone or (just_now and change.taken))
    values = {
        "kind": change.kind if change else None,
        "old": _shown(change) if change else "",
        "token": token,
        "state": "done" if done else "ask" if reason is None else "over",
        "taken": change is not None and change.taken,
        "is_back": change is not None and change.is_back,
        "stays": change is not None and change.stays,
        "has_address": change is None or change.has_address,
        "just_now": just_now,
    }
    shown = None if done else reason or refusal
    return container.pages.render_page(context, "account/undo.html", values, shown)


def _shown(change: Change) -> str:
    """The mail about a number went to an address, whose reader need not learn all of the number."""
    value = change.old_value or ""
    return value if change.kind == "email" else value[-3:]


# What confirms an undo: the password, a code to the number, or an Auth0 sign-in from before.


class AccountUndoConfirmController(Controller):
    """Needs no session: whoever lost the account has none."""

    path = "/account/undo/{token:str}/confirm"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_undo_confirm(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        return await _code(request, token).show()

    @post()
    async def submit_undo_confirm(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        """A code when one was given, else the password."""
        return await _code(request, token).submit(request)

    @get(["/code", "/resend", "/call"])
    async def show_undo_code(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        return _code(request, token).redirect()

    @post(["/code", "/resend"])
    async def submit_undo_code(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        """Texts a code, or the same one again."""
        return await _code(request, token).resend(request)

    @post("/call")
    async def submit_undo_call(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        by_phone = UndoCode(container, context, token)
        return await CodeEntry(container, context, by_phone).send(request, by_phone.call)

    @get("/delivery")
    async def show_undo_delivery(self, request: AnyRequest, token: FromPath[str]) -> HttpResponse:
        return await _code(request, token).delivery()


class UndoCode:
    """The code to the number from before the change, beside the other ways to confirm."""

    fields: ClassVar[tuple[str, ...]] = ("password", "code")
    elsewhere = ()

    def __init__(self, container: Container, context: RequestContext, token: str) -> None:
        self._container, self._context, self._token = container, context, token
        self._undo = container.account.undo
        self.page_url = self.form_url = f"/account/undo/{token}/confirm"

    async def find_code(self) -> SentCode:
        return await self._find(await self._undo.read_change(self._token))

    async def load_page(self, refusal: Refusal | None) -> CodePage | HttpResponse:
        """What cannot be undone, or was, is told where the link leads. Raises `UnknownUndo`."""
        change = await self._undo.read_change(self._token)
        try:
            change.check()
        except Conflict:
            return self._to_link()
        if not change.begun:
            return self._to_link()
        sent = await self._find(change)
        values = {
            "kind": change.kind,
            "phone_end": (change.texted or "")[-3:],
            "destination": (change.texted or "")[-3:],
            "by_password": change.password_hash is not None,
            "by_code": sent.pending is not None,
            "by_provider": await self._undo.identities.can_vouch_for(change.id),
            "provider_url": f"/auth0/start?for=undo&undo={quote(self._token, safe='')}",
            "auth0_down": self._container.is_auth0_down,
        }
        return CodePage("account/undo_confirm.html", values, sent)

    async def submit_code(self, form: Form) -> HttpResponse:
        context = self._context
        context.check_form(form.check)
        outcome = await self._undo.submit_proof(
            self._token,
            context.flow.id,
            context.device,
            code=form["code"],
            password=form["password"],
        )
        context.remembered.set_notices(*outcome.notices)
        return self._to_link()

    async def send_again(self, form: Form) -> str:
        return await self._send(form, by_call=False)

    async def call(self, form: Form) -> str:
        return await self._send(form, by_call=True)

    async def _send(self, form: Form, *, by_call: bool) -> str:
        context = self._context
        context.check_form(form.check)
        token, flow_id = self._token, context.flow.id
        sent = await self._undo.send_code(token, flow_id, context.origin, by_call=by_call)
        return sent_notice(sent)

    async def _find(self, change: Change) -> SentCode:
        codes = self._undo.codes
        pending = await self._undo.find_pending(change, self._context.flow.id, self._context.origin)
        return SentCode(codes, pending, pending.progress if pending else None)

    def _to_link(self) -> HttpResponse:
        return redirect_to(f"/account/undo/{self._token}", self._context.cookies.to_set)


def _code(request: AnyRequest, token: str) -> CodeEntry:
    container = Container.from_request(request)
    context = container.get_context(request.scope)
    return CodeEntry(container, context, UndoCode(container, context, token))
