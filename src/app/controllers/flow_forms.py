"""What the flows in steps share: whom a posted form is about, and the other ways in."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.domain.errors import Refusal, TooMany
from app.domain.limits import MailsStopped, TextsStopped, TooSoon
from app.web.container import Container
from app.web.forms import FormCheck, StaleForm
from app.web.request_context import RequestContext

Flow = TypeVar("Flow")


async def load_for_form(
    context: RequestContext,
    check: FormCheck,
    load: Callable[[], Awaitable[Flow]],
    require_step: Callable[[Flow], None],
) -> Flow:
    """What a posted form is about. Raises as `RequestContext.check_form`; a form of a step that is
    over, left open in another tab, leads to the current one: `require_step` raises `OutOfStep`.
    """
    try:
        context.check_form(check)
    except StaleForm:
        require_step(await load())
        raise
    return await load()


def is_changing(context: RequestContext) -> bool:
    """Whether the person came back to an earlier step to correct it (`?change`)."""
    return context.info.query_string.partition(b"=")[0] == b"change"


# The other ways in, for a page whose own way is closed for now: their addresses, which
# `_ways.html` puts in words.

PHONE = "/login/phone"
PASSWORD = "/login/password"  # noqa: S105 - an address


def other_methods(
    container: Container, refusal: Refusal | None, *others: str, auth0_for: str
) -> list[str]:
    """`others`, and the provider with `auth0_for`, where that is not "". None of them where the
    refusal closes nothing, or only for seconds.
    """
    closed = isinstance(refusal, TooMany | TextsStopped | MailsStopped)
    if not closed or isinstance(refusal, TooSoon):
        return []
    if not auth0_for or not container.has_auth0 or container.is_auth0_down:
        return [*others]
    return [*others, f"/auth0/start?for={auth0_for}"]
