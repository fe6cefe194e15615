"""Passwords known from break-ins, asked for by the first five digits of their SHA-1 digest: the
range API of Have I Been Pwned (haveibeenpwned.com/API/v3#PwnedPasswords), or a mirror of it.
"""

import asyncio
import logging
from hashlib import sha1
from time import monotonic

import httpx

from app.adapters.http_client import reason_of

log = logging.getLogger("app.pwned_passwords")

DEADLINE = 1.0  # seconds for one look
PAUSE = 30.0  # seconds that it is left alone after it did not answer
# Answers have a random length, so that nobody on the line can tell them apart.
HEADERS = {"Add-Padding": "true", "User-Agent": "latchkey"}


class PwnedPasswords:
    """While it is silent no password is refused for it: a sign-up does not depend on it."""

    def __init__(self, http_client: httpx.AsyncClient, url: str) -> None:
        self._http_client, self._url = http_client, url
        self._asked_again_at = 0.0
        self.trouble = ""

    async def contains(self, password: str) -> bool:
        if monotonic() < self._asked_again_at:
            return False
        digest = sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            async with asyncio.timeout(DEADLINE):
                response = await self._http_client.get(
                    f"{self._url}/range/{digest[:5]}", headers=HEADERS
                )
            response.raise_for_status()
        except (TimeoutError, httpx.HTTPError) as failure:
            self._failed(reason_of(failure))
            return False
        self.trouble = ""
        return _count_of(digest[5:], response.text) > 0

    def _failed(self, reason: str) -> None:
        self._asked_again_at = monotonic() + PAUSE
        self.trouble = f"{reason}, when it was last asked; no password is refused for it meanwhile"
        log.warning("the list of breached passwords does not answer", extra={"reason": reason})


def _count_of(rest: str, response: str) -> int:
    """How often it was seen; padding says 0, and what cannot be read counts as never."""
    for line in response.splitlines():
        suffix, _, count = line.strip().partition(":")
        if suffix.upper() == rest:
            return int(count) if count.isascii() and count.isdigit() else 0
    return 0
