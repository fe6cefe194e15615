"""The link of the mail that told of a change: it shows a button, and only that undoes anything."""

from contextlib import suppress
from functools import partial
from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath

from app.domain.account.undo import Change, UndoneAlready
from app.domain.errors import Refusal, Unavailable
from app.web.answer import Answer, see_other
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.parts import Parts

AnyRequest = Request[Any, Any, Any]
DONE = "change-undone"


class AccountUndoController(Controller):
    path = "/account/undo"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/{token:str}")
    async def show_undo(self, request: AnyRequest, token: FromPath[str]) -> Answer:
        """Changes nothing: scanners of mail open every link."""
        return await _page(request, token)

    @post("/{token:str}")
    async def submit_undo(self, request: AnyRequest, token: FromPath[str]) -> Answer:
        """Needs no session: whoever lost the account has none."""
        parts = Parts.of(request)
        visit, form = parts.visit(request), await read_form(request, ())
        async with errors_shown_on(partial(_page, request, token)):
            visit.check_form(form)
            with suppress(UndoneAlready):
                await parts.account.undo(token, visit.origin)
                visit.notify(DONE)
        return see_other(f"/account/undo/{token}", visit.cookies_to_set)


async def _page(request: AnyRequest, token: str, refusal: Refusal | None = None) -> Answer:
    """With the button while it can be undone, else with the reason why not. That it was undone, by
    whichever post, is no error.
    """
    parts, change, reason = Parts.of(request), None, None
    visit = parts.visit(request)
    try:
        change = await parts.account.undo.look(token)
        change.check()
    except Unavailable:
        raise
    except Refusal as no:
        reason = no
    done = change is not None and change.undone
    context = {
        "kind": change.kind if change else None,
        "old": _shown(change) if change else "",
        "token": token,
        "state": "done" if done else "ask" if reason is None else "over",
        "just_now": visit.notice == DONE,
    }
    shown = None if done else reason or refusal
    return parts.pages.page(visit, "account/undo.html", context, shown)


def _shown(change: Change) -> str:
    """The mail about a number went to an address, whose reader need not learn all of the number."""
    return change.old_value if change.kind == "email" else change.old_value[-3:]
