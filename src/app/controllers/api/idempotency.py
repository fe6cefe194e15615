"""The header `Idempotency-Key`: what was answered to the first call is answered to all with it."""

import re
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.controllers.api.request import BODY_LIMIT, read_bearer
from app.domain.errors import Rejected, Unauthenticated
from app.domain.i18n import _
from app.domain.idempotency import Answer, Call, IdempotentCalls
from app.domain.limits import Origin
from app.domain.services import Audience
from app.domain.sessions.tokens import Access
from app.web.client_address import find_client_ip
from app.web.container import Container

KEY = re.compile(rb"[!-~]{1,255}")
CHANGING = ("POST", "PATCH", "DELETE")
# Refusals are not kept: what is refused may be taken a moment later, and anybody can have any
# number of them.
REFUSED = 400
REPLAYED = (b"idempotency-replayed", b"true")


class BadIdempotencyKey(Rejected):
    code = "bad_idempotency_key"
    message = _("An idempotency key has 1 to 255 visible ASCII characters.")


class IdempotencyMiddleware:
    """Around the handlers of the API; calls without the header pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = list(scope["headers"])
        keys = [value for name, value in headers if name == b"idempotency-key"]
        if not keys or scope["type"] != ScopeType.HTTP or scope["method"] not in CHANGING:
            return await self._app(scope, receive, send)
        key = keys[0]
        if len(keys) > 1 or not KEY.fullmatch(key):
            raise BadIdempotencyKey
        messages, body = await _read(receive)
        replayed = _replay(messages, receive)
        if len(body) > BODY_LIMIT:
            return await self._app(scope, replayed, send)
        container: Container = scope["app"].state.container
        content = b"%s %s\n%s" % (scope["method"].encode(), scope["raw_path"], body)
        access = _read_access(container, headers)
        call = Call(key, access.session_id.bytes if access else b"", content)
        origin = Origin.of(find_client_ip(scope, container.web_config.trusted_proxies))
        if not await container.idempotent_calls.has_room(call, origin):
            return await self._app(scope, replayed, send)
        answer = await container.idempotent_calls.begin(call)
        # One without a body may say that the session was ended.
        if answer and answer.body and access:
            await container.sessions.check_session(access)
        if answer:
            return await _send(
                Answer(answer.status, [*answer.headers, REPLAYED], answer.body), send
            )
        return await _carry_out(self._app, scope, replayed, send, container.idempotent_calls, call)


async def _carry_out(
    app: ASGIApp, scope: Scope, receive: Any, send: Send, calls: IdempotentCalls, call: Call
) -> None:
    """And keeps the answer."""
    answer = Answer(0, [], b"")

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            answer.body += message["body"]

    try:
        await app(scope, receive, keep)
    except BaseException:
        await calls.forget(call)
        raise
    if answer.status == 0 or answer.status >= REFUSED:
        await calls.forget(call)
    else:
        await calls.finish(call, answer)
    if answer.status:
        await _send(answer, send)


async def _send(answer: Answer, send: Send) -> None:
    headers = answer.headers
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def _read(receive: Receive) -> tuple[list[Any], bytes]:
    """All of the body, or a little more than may be of it."""
    messages, body = list[Any](), b""
    while not messages or (messages[-1].get("more_body") and len(body) <= BODY_LIMIT):
        message: Any = await receive()
        messages.append(message)
        body += message.get("body", b"")
    return messages, body


def _replay(messages: list[Any], receive: Receive) -> Any:
    left = iter(messages)

    async def replay() -> Any:
        return next(left, None) or await receive()

    return replay


def _read_access(container: Container, headers: list[tuple[bytes, bytes]]) -> Access | None:
    """Whose session the call is about, by a token that has not run out."""
    try:
        token = read_bearer(headers)
        return container.web_config.access_tokens.read_token(token, Audience.API)
    except Unauthenticated:
        return None
