"""The line to an OpenID provider: short answers in JSON, in time, and whether it works at all."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from app.adapters.http_client import NOT_REACHED, reason_of, status_words
from app.domain.identity.provider import ProviderBusy, ProviderDown

log = logging.getLogger("app.identity_provider")

# Bytes of one answer: the longest of Auth0's, the discovery document, has about three thousand.
MOST = 64 * 1024
LOOK = 1.5  # seconds for a document
EXCHANGE = 3.0  # seconds for the token call: the page it is asked for has five in all
PAUSE = 0.1  # seconds before the second try
FAILURES = 2  # in a row, from which it counts as down
# One that is lost on its way has a second chance within the deadline.
PATIENCE = {"timeout": httpx.Timeout(EXCHANGE, connect=1.2).as_dict()}
# Never compressed: a few bytes could unpack to more than we have room for.
HEADERS = {
    b"Accept": b"application/json",
    b"Accept-Encoding": b"identity",
    b"User-Agent": b"Latchkey",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is {} for whatever is not a JSON object."""

    status: int
    body: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What went wrong, where something did: Auth0 says it as RFC 6749 5.2 or as its own API."""
        said = (self.body.get(name) for name in ("error", "error_description", "message"))
        return status_words(self.status, ", ".join(word for word in said if isinstance(word, str)))


class ProviderClient:
    """Asks, and remembers how that went. `exchange` is the deadline of `post` in seconds."""

    def __init__(self, client: httpx.AsyncClient, exchange: float = EXCHANGE) -> None:
        self._client, self._exchange = client, exchange
        self._failures, self._reason = 0, ""

    @property
    def is_down(self) -> bool:
        return self._failures >= FAILURES

    @property
    def trouble(self) -> str:
        """Why it is down; '' while it is not."""
        return self._reason if self.is_down else ""

    async def get(self, url: str, *, token: str = "") -> Reply:
        """Raises as `post`. `token` goes along as a bearer token (RFC 6750)."""
        # As bytes: httpx would raise on a token that is not ASCII.
        bearer = {b"Authorization": b"Bearer " + token.encode(errors="replace")} if token else {}
        return await self._send_request(LOOK, "GET", url, headers=HEADERS | bearer)

    async def post(self, url: str, form: dict[str, str]) -> Reply:
        """Raises `ProviderDown`, `ProviderBusy`."""
        return await self._send_request(self._exchange, "POST", url, headers=HEADERS, data=form)

    def mark_down(self, reason: str) -> None:
        """It answers, but is not what we were told to look for."""
        self._failures, self._reason = FAILURES, reason

    async def _send_request(self, deadline: float, method: str, url: str, **given: Any) -> Reply:
        try:
            async with asyncio.timeout(deadline):
                # Not built by the client, which would send along the cookies of earlier answers.
                reply = await self._send_with_retry(
                    httpx.Request(method, url, extensions=PATIENCE, **given)
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            raise self._record_failure(reason_of(failure)) from failure
        if reply.status == 429:
            # Anybody can have us call too often: that says nothing of whether it works.
            log.warning("the identity provider has had enough calls")
            raise ProviderBusy
        if reply.status >= 500:
            raise self._record_failure(reply.words)
        if reply.status == 200 and not reply.body:
            raise self._record_failure("its answer is no JSON that we could read")
        self._failures = 0
        return reply

    async def _send_with_retry(self, request: httpx.Request) -> Reply:
        """The second time only for what certainly never left: a code can be spent but once."""
        try:
            return await self._send_once(request)
        except NOT_REACHED:
            await asyncio.sleep(PAUSE)
            return await self._send_once(request)

    async def _send_once(self, request: httpx.Request) -> Reply:
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            return Reply(response.status_code, _object(await _read(response.aiter_raw())))
        finally:
            await response.aclose()

    def _record_failure(self, reason: str) -> ProviderDown:
        self._failures, self._reason = self._failures + 1, reason
        log.warning("the identity provider failed", extra={"reason": reason})
        return ProviderDown()


async def _read(pieces: AsyncIterator[bytes]) -> bytes:
    """All of it; b"" when it is longer than we read, which is as good as nothing."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > MOST:
            return b""
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
