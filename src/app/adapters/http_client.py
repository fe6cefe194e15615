"""The wire to a vendor: one client for all, and what a failure on it says about a message."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from app.adapters.outages import describe_error, redact_contacts
from app.domain.ports import Reason, Refused, SendOutcome, Uncertain, Unsent

# Twilio and SendGrid answer within a second; a connection that takes two will not come.
PATIENCE = httpx.Timeout(6, connect=2)
# Seconds for one send in all. httpx counts per read, so an answer that drips would never end.
DEADLINE = 8.0
# A host or domain of NO_PROXY, with or without a dot or an asterisk before it.
HOST = re.compile(r"\*?\.?[\w-]+(?:\.[\w-]+)*")

NO_ANSWER = "no answer in time"

# Certainly before the first byte of the request was written.
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# httpx would not even build the request: a line break in a key, a URL that is none.
_NOT_BUILT = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)


IN_POOL = 5  # requests under way in a pool before the next one is used
MOST_REQUESTS = 100  # of vendors


class PooledTransport(httpx.AsyncBaseTransport):
    """Several small pools of connections, filled one after the other. A pool looks at each of its
    connections for every request: of a post among 50, one pool for all took 1.8 times the CPU.
    """

    def __init__(self, requests: int, verify: ssl.SSLContext) -> None:
        """For about so many `requests` at once."""
        # Room for as many again: a request that its pool counts no more may still be read.
        limits = httpx.Limits(max_connections=2 * IN_POOL, max_keepalive_connections=IN_POOL)
        self._pools = [
            httpx.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False)
            for _ in range(-(-requests // IN_POOL))
        ]
        self._under_way = [0] * len(self._pools)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        free = (at for at, requests in enumerate(self._under_way) if requests < IN_POOL)
        at = next(free, self._under_way.index(min(self._under_way)))
        self._under_way[at] += 1
        try:
            return await self._pools[at].handle_async_request(request)
        finally:
            self._under_way[at] -= 1

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


def new_http_client(
    timeout: httpx.Timeout = PATIENCE,
    *,
    proxy: str = "",
    no_proxy: Sequence[str] = (),
    more_connections: int = 0,
    verify: ssl.SSLContext | bool = True,
    client_class: type[httpx.AsyncClient] = httpx.AsyncClient,
) -> httpx.AsyncClient:
    """One per process, to be closed at shutdown. Follows no redirect and reads no .netrc. What is
    asked by https goes through `proxy`, but for this machine and the hosts of `no_proxy`.
    `more_connections` than the vendors need are for others.
    """
    # One for each message in flight: a vendor who hangs must not keep the other's waiting.
    requests = MOST_REQUESTS + more_connections
    through_proxy = httpx.Limits(max_connections=requests, max_keepalive_connections=20)
    trusted = httpx.create_ssl_context(verify, trust_env=False)
    direct = [f"all://{name}" for name in ("localhost", "127.0.0.1", "[::1]")]
    direct += [f"all://*{name.lstrip('*.')}" for name in no_proxy if HOST.fullmatch(name)]
    return client_class(
        timeout=timeout,
        limits=through_proxy,
        trust_env=False,
        verify=trusted,
        transport=PooledTransport(requests, trusted),
        proxy=None if "*" in no_proxy else proxy or None,
        mounts={"http://": None} | dict.fromkeys(direct),
    )


async def send_request(sending: Awaitable[SendOutcome], deadline: float) -> SendOutcome:
    """What `sending` came to. `deadline` is in seconds. A failing connection is an outcome too."""
    try:
        async with asyncio.timeout(deadline):
            return await sending
    except TimeoutError:
        return Uncertain("Deadline", NO_ANSWER)
    except httpx.HTTPError as failure:
        return outcome_of(failure)


def outcome_of(failure: httpx.HTTPError) -> SendOutcome:
    """Everything that may have happened after the vendor took the message is `Uncertain`."""
    name, words = type(failure).__name__, reason_of(failure)
    if isinstance(failure, NOT_REACHED):
        return Unsent(name, words=words)
    if isinstance(failure, _NOT_BUILT):
        return Refused(Reason.MISCONFIGURED, name, words)
    return Uncertain(name, words)


def reason_of(failure: Exception) -> str:
    """Why a vendor could not be asked, in the words of the network or of whoever answered, for
    operators: one line without URL and secret. What could not be sent is not repeated: it may be
    the secret.
    """
    match failure:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return "no connection in time"
        case TimeoutError() | httpx.TimeoutException():
            return NO_ANSWER
        case httpx.HTTPStatusError():
            return status_words(failure.response.status_code)
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return "a URL or key of our settings is none that can be sent"
        case httpx.ProxyError():
            return f"the proxy says: {redact_contacts(str(failure))}"
    if error := _system_error(failure):
        return describe_error(error)
    return redact_contacts(str(failure)) or type(failure).__name__


def status_words(status: int, said: str = "") -> str:
    """Of an answer. `said` is the vendor's own message, which may hold contacts."""
    answer = f"HTTP {status} {httpx.codes.get_reason_phrase(status)}".strip()
    return f"{answer}: {redact_contacts(said)}" if said else answer


def _system_error(failure: BaseException) -> OSError | None:
    """What httpx wraps, by way of httpcore and anyio: a name that is not known, a refused
    connection, a certificate. Of several addresses, the first.
    """
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return cause
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[0]
        else:
            cause = cause.__cause__ or cause.__context__
    return None


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
