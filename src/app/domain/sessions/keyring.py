"""The keys in use: read again every half minute, so that a rotation reaches every process."""

import asyncio
import logging

from app.domain.errors import Unavailable
from app.domain.sessions.access_tokens import AccessTokens
from app.domain.sessions.signing_keys import SigningKeys

log = logging.getLogger("app.keys")

EVERY = 30.0  # seconds
SOON = 0.5  # while there is none at all


async def keep_fresh(keys: SigningKeys, tokens: AccessTokens) -> None:
    """Until cancelled. A silent database leaves the keys as they are."""
    while True:
        try:
            tokens.use(await keys.load())
        except Unavailable:
            log.warning("the signing keys could not be read")
        await asyncio.sleep(EVERY if tokens.ready else SOON)
