"""The keys in use: read again every half minute, so that a rotation reaches every process."""

import asyncio
import logging

from app.domain.errors import Unavailable
from app.domain.sessions.access_tokens import AccessTokens
from app.domain.sessions.signing_keys import SigningKeys

log = logging.getLogger("app.keys")

EVERY = 30.0  # seconds
SOON = 0.5  # while there is none at all


async def keep_fresh(keys: SigningKeys, tokens: AccessTokens, every: float = EVERY) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(every if tokens.ready else SOON)
        await read_keys(keys, tokens)


async def read_keys(keys: SigningKeys, tokens: AccessTokens) -> None:
    """A silent database leaves those in use as they are, and so does one not migrated yet."""
    try:
        tokens.use(await keys.load())
    except Unavailable as error:
        log.warning("the signing keys could not be read", extra={"code": error.code})
    except Exception:
        # Whatever it is, the next time may be better, and without a next time there never are any.
        log.exception("the signing keys could not be read")
