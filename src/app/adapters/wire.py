"""The wire to a vendor: one client for all, and what a failure on it says about a message."""

import asyncio
import re
from collections.abc import Awaitable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from app.domain.ports import Reason, Refused, SendOutcome, Uncertain, Unsent

# Twilio and SendGrid answer within a second; a connection that takes two will not come.
PATIENCE = httpx.Timeout(6, connect=2)
# Seconds for one send in all. httpx counts per read, so an answer that drips would never end.
DEADLINE = 8.0

# Certainly before the first byte of the request was written.
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# httpx would not even build the request: a line break in a key, a URL that is none.
_NOT_BUILT = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)


def vendor_client(timeout: httpx.Timeout = PATIENCE) -> httpx.AsyncClient:
    """One per process, to be closed at shutdown. Follows no redirect, reads no proxy or .netrc."""
    # One for each message in hand: a vendor who hangs must not keep the other's waiting.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
    return httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)


async def over_the_wire(sending: Awaitable[SendOutcome], deadline: float) -> SendOutcome:
    """What `sending` came to. `deadline` is in seconds. A failing connection is an outcome too."""
    try:
        async with asyncio.timeout(deadline):
            return await sending
    except TimeoutError:
        return Uncertain("Deadline")
    except httpx.HTTPError as failure:
        return outcome_of(failure)


def outcome_of(failure: httpx.HTTPError) -> SendOutcome:
    """Everything that may have happened after the vendor took the message is `Uncertain`."""
    name = type(failure).__name__
    if isinstance(failure, NOT_REACHED):
        return Unsent(name)
    if isinstance(failure, _NOT_BUILT):
        return Refused(Reason.MISCONFIGURED, name)
    return Uncertain(name)


def seconds_to_wait(response: httpx.Response) -> float | None:
    """`Retry-After` (RFC 9110 10.2.3) in seconds from now; None when absent or unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return seconds_until(at if at.tzinfo else at.replace(tzinfo=UTC))


def seconds_until(at: datetime) -> float:
    """Never negative: what lies in the past needs no waiting."""
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
