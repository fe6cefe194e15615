"""Webhooks: what services are told, posted to where they want it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import httpx

from app.adapters.http_client import NO_ANSWER, reason_of, seconds_to_wait, status_words
from app.domain.events.events import Answer, Webhooks

DEADLINE = 10.0  # seconds from the first byte of ours to the status
# Of what a receiver says beside its status so many bytes are read, and for so many seconds: then
# the connection can be used again, and whoever says more pays for a new one.
LITTLE, SHORTLY = 4096, 0.5


class HttpWebhooks(Webhooks):
    """`deadline` is in seconds."""

    def __init__(self, client: httpx.AsyncClient, deadline: float = DEADLINE) -> None:
        self._client, self._deadline = client, deadline

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        request = self._client.build_request(
            "POST", url, headers=dict(headers), content=body, timeout=self._deadline
        )
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._client.send(request, stream=True, follow_redirects=False)
        except TimeoutError:
            return Answer(0, NO_ANSWER)
        except httpx.HTTPError as failure:
            return Answer(0, reason_of(failure))
        try:
            with suppress(TimeoutError, httpx.HTTPError):
                async with asyncio.timeout(SHORTLY):
                    await anext(response.aiter_raw(LITTLE), b"")
        finally:
            await response.aclose()
        words = status_words(response.status_code)
        return Answer(response.status_code, words, seconds_to_wait(response))
