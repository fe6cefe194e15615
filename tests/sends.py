"""Sends of one process over real stores, past all that is around a limiter."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import UUID

from redis import Redis as Client
from uuid_utils.compat import uuid7

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.refill import SendRefill
from app.domain.delivery.rooms import Requester, Standing
from app.domain.delivery.send import Terms
from app.domain.delivery.send_limiter import SendLimiter
from app.domain.errors import Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS, TextsStopped
from app.domain.limits import (
    HOUR,
    Budget,
    ConversionBreaker,
    Limit,
    LimitTable,
    Origin,
    Pressure,
)
from app.domain.ports import Connection, Record, Refilled
from app.domain.verification.codes import EMAIL, PHONE
from tests.stores import Stores, execute

LIMITS = [name for name in vars(LimitTable) if name.startswith(("texts_", "mails_"))]
BUDGETS = [name for name in vars(LimitTable) if name.endswith("_per_region")]
CALM = {"pressure": Pressure(10**6), "conversion_breaker": ConversionBreaker(10**6)}
AMPLE = (
    dict.fromkeys(LIMITS, Limit(((HOUR, 999),)))
    | dict.fromkeys(BUDGETS, Budget(999, 999, 0))
    | CALM
)
THREE = Limit(((HOUR, 3),))
PSEUDONYMS = Pseudonyms((b"k" * 32,))
NOWHERE = "unix:///nowhere/redis.sock"
OLDER = "UPDATE deliveries SET created_at = created_at - make_interval(secs => $1)"
EMPTY = """
TRUNCATE deliveries, send_counts, send_stops, send_probes, phone_verifications, email_verifications
"""
To = Phone | EmailAddress
Limiter = SendLimiter | None


def number(at: int, block: int = 0) -> Phone:
    return Phone(f"+1415555{block or at:04d}{at:04d}", "US")


def requester(
    at: int,
    network: int = 0,
    session: int = 0,
    standing: Standing = Standing.STRANGER,
    opened_by: str = "",
) -> Requester:
    origin, named = Origin.of(f"10.{network or at}.0.{at}"), f"{session:032x}" if session else ""
    opened_by = "sms" if session else opened_by
    return Requester(origin, session=named, opened_by=opened_by, standing=standing)


def signing_in(at: int) -> Requester:
    """To an account, from a device that nobody knows."""
    return replace(requester(at, standing=Standing.SIGNING_IN), has_account=True)


def mailbox(at: int) -> EmailAddress:
    return EmailAddress(f"ada{at}@example.org")


# Of each limit, to whom and from where the n-th send goes that it counts.
SENDS: dict[str, Callable[[int], tuple[To, Requester]]] = {
    "texts_per_number": lambda n: (number(1), requester(n)),
    "texts_per_number_and_address": lambda n: (number(1), requester(1)),
    "texts_per_block": lambda n: (number(n, 9), requester(n)),
    "texts_per_block_and_address": lambda n: (number(n, 9), requester(1)),
    "strangers_per_region": lambda n: (number(n), requester(n)),
    "mailed_per_region": lambda n: (number(n), requester(n, standing=Standing.MAILED)),
    "accounts_per_region": lambda n: (number(n), signing_in(n)),
    "known_per_region": lambda n: (number(n), requester(n, standing=Standing.MEMBER)),
    "texts_in_all": lambda n: (number(n), requester(n)),
    "texts_per_address": lambda n: (number(n), requester(1)),
    "texts_per_network": lambda n: (number(n), requester(n, 9)),
    "texts_per_proved_mailbox": lambda n: (number(n), requester(n, opened_by="mailbox")),
    "texts_per_session": lambda n: (number(1), requester(n, session=1)),
    "texts_per_own_number": lambda n: (number(1), requester(n, session=n)),
    "mails_per_mailbox": lambda n: (mailbox(1), requester(n)),
    "mails_per_mailbox_and_address": lambda n: (mailbox(1), requester(1)),
    "mails_per_address": lambda n: (mailbox(n), requester(1)),
    "mails_per_network": lambda n: (mailbox(n), requester(n, 9)),
    "mails_in_all": lambda n: (mailbox(n), requester(n)),
    "mails_per_session": lambda n: (mailbox(1), requester(n, session=1)),
    "mails_per_own_mailbox": lambda n: (mailbox(1), requester(n, session=n)),
}


class Sends:
    """One process, whose refill waits for nobody. `asked` says of each send that was queued whether
    PostgreSQL was asked for its limits.
    """

    def __init__(self, url: str, redis_url: str) -> None:
        self.url, self.redis_url = url, redis_url
        self.database, self.memory = Postgres(url), Redis(redis_url)
        self.silent, self.asked = Redis(NOWHERE), list[bool]()
        self.table = replace(LimitTable(), **AMPLE)

    def limiter(self, *, silent: bool = False) -> SendLimiter:
        """One that knows nothing yet, as in a process that has just started."""
        memory = self.silent if silent else self.memory
        return SendLimiter(self.database, memory, self.table, PSEUDONYMS)

    async def send(
        self, to: To, requester: Requester, *, silent: bool = False, limiter: Limiter = None
    ) -> UUID:
        """The code's id. Raises what the limits do; also where nothing is sent to an account, which
        its sign-in is not told. `limiter`: one that has been asked before.
        """
        quiet_by = ""  # where it is withheld
        channel, id, code = (PHONE if isinstance(to, Phone) else EMAIL), uuid7(), uuid7()
        flow_id = bytes.fromhex(requester.session) or secrets.token_bytes(16)

        async def queue(connection: Connection, terms: Terms) -> Record:
            nonlocal quiet_by
            quiet_by = terms.quiet_by if terms.is_withheld else ""
            [row] = await connection.fetch(
                *channel.sql.start_code(
                    **terms.parameters, id=code, message_id=id,
                    flow_id=flow_id, purpose="confirm-x" if requester.session else "signup",
                    nonce=b"n" * 16, lifetime=timedelta(minutes=10), contact=to.destination,
                    block=to.block if isinstance(to, Phone) else to.mailbox,
                    region=to.region if isinstance(to, Phone) else None,
                    address=requester.origin.address, network=requester.origin.network,
                    opened_by=requester.opened_by,
                    event="test:code_sent", request_id=None, language="en", zone="",
                )
            )  # fmt: skip
            if row["id"] and not terms.is_withheld:
                self.asked.append(terms.limits_checked)
            return row

        limiter = limiter or self.limiter(silent=silent)
        if not await limiter.queue_message(to, requester, str(id), queue):
            raise Unavailable  # another send of the same flow was faster
        if quiet_by and requester.has_account:
            refusal = TextsStopped()
            refusal.limit = quiet_by
            raise refusal
        return code

    async def prove(self, code: UUID, *, silent: bool = False) -> None:
        """That code was entered."""
        await self.limiter(silent=silent).proved.note(code)

    async def pass_by(self, seconds: float) -> None:
        """As if all that was sent were so much older, for PostgreSQL."""
        await execute(self.url, OLDER, seconds)

    async def close(self) -> None:
        await self.memory.close()
        await self.database.close()

    async def let_through(self, sends: Callable[[int], tuple[To, Requester]], first: int) -> int:
        """How many more until one is refused."""
        for n in count(first):
            try:
                await self.send(*sends(n))
            except SEND_LIMITS:
                return n - first
        raise AssertionError

    def flush(self) -> None:
        with Client.from_url(self.redis_url) as client:
            client.flushdb()

    async def refill(self) -> Refilled:
        await SendRefill(self.database, self.memory, self.table, settled=0).refill_where_due()
        return (await self.memory.count((), "")).refilled


def limited(table: LimitTable, name: str, most: int) -> LimitTable:
    limit = Budget(most, most, 0) if name in BUDGETS else Limit(((HOUR, most),))
    return replace(table, **{name: limit})


@asynccontextmanager
async def opened_sends(stores: Stores, url: str, db: int) -> AsyncIterator[Sends]:
    """With nothing sent yet."""
    await execute(url, EMPTY)
    made = Sends(url, f"{stores.redis_url}?db={db}")
    made.flush()
    await made.database.open()
    yield made
    await made.close()
