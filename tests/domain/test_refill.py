"""What was sent before Redis forgot is counted in it again, and no limit lets more through."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from redis import Redis as Client
from uuid_utils.compat import uuid7

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.account.personal_data import Erasure
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.refill import SendRefill
from app.domain.delivery.rooms import Sender, Standing
from app.domain.delivery.send import Terms
from app.domain.delivery.send_limiter import SendLimiter
from app.domain.errors import Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS, TooSoon
from app.domain.limits import HOUR, Budget, Limit, LimitTable, Origin
from app.domain.ports import Connection, Record, Refilled
from app.domain.verification.codes import EMAIL, PHONE
from tests.stores import Stores, execute

LIMITS = [name for name in vars(LimitTable) if name.startswith(("texts_", "mails_"))]
BUDGETS = [name for name in vars(LimitTable) if name.endswith("_per_region")]
AMPLE = dict.fromkeys(LIMITS, Limit(((HOUR, 99),))) | dict.fromkeys(BUDGETS, Budget(99, 99, 0))
THREE = Limit(((HOUR, 3),))
PSEUDONYMS = Pseudonyms((b"k" * 32,))
NOWHERE = "unix:///nowhere/redis.sock"
DELETED = "INSERT INTO deleted_contacts (contact) VALUES ($1)"
GONE_OUT = "UPDATE deliveries SET state = 'sent'"
UNCOUNTED = "SELECT count(*) FROM deliveries WHERE NOT counted"
To = Phone | EmailAddress


def number(at: int, block: int = 0) -> Phone:
    return Phone(f"+1415555{block or at:04d}{at:04d}", "US")


def sender(
    at: int,
    network: int = 0,
    session: int = 0,
    standing: Standing = Standing.STRANGER,
    opened_by: str = "",
) -> Sender:
    origin, named = Origin.of(f"10.{network or at}.0.{at}"), f"{session:032x}" if session else ""
    return Sender(
        origin, session=named, opened_by="sms" if session else opened_by, standing=standing
    )


def mailbox(at: int) -> EmailAddress:
    return EmailAddress(f"ada{at}@example.org")


# Of each limit, to whom and from where the n-th send goes that it counts.
SENDS: dict[str, Callable[[int], tuple[To, Sender]]] = {
    "texts_per_number": lambda n: (number(1), sender(n)),
    "texts_per_number_and_address": lambda n: (number(1), sender(1)),
    "texts_per_block": lambda n: (number(n, 9), sender(n)),
    "texts_per_block_and_address": lambda n: (number(n, 9), sender(1)),
    "strangers_per_region": lambda n: (number(n), sender(n)),
    "mailed_per_region": lambda n: (number(n), sender(n, standing=Standing.MAILED)),
    "known_per_region": lambda n: (number(n), sender(n, standing=Standing.MEMBER)),
    "texts_in_all": lambda n: (number(n), sender(n)),
    "texts_per_address": lambda n: (number(n), sender(1)),
    "texts_per_network": lambda n: (number(n), sender(n, 9)),
    "texts_per_proved_mailbox": lambda n: (number(n), sender(n, opened_by="mailbox")),
    "texts_per_session": lambda n: (number(1), sender(n, session=1)),
    "texts_per_own_number": lambda n: (number(1), sender(n, session=n)),
    "mails_per_mailbox": lambda n: (mailbox(1), sender(n)),
    "mails_per_mailbox_and_address": lambda n: (mailbox(1), sender(1)),
    "mails_per_address": lambda n: (mailbox(n), sender(1)),
    "mails_per_network": lambda n: (mailbox(n), sender(n, 9)),
    "mails_in_all": lambda n: (mailbox(n), sender(n)),
    "mails_per_session": lambda n: (mailbox(1), sender(n, session=1)),
    "mails_per_own_mailbox": lambda n: (mailbox(1), sender(n, session=n)),
}


class Sends:
    """One process, whose refill waits for nobody. `asked` says of each send that was queued whether
    PostgreSQL was asked for its limits.
    """

    def __init__(self, stores: Stores, url: str, redis_url: str) -> None:
        self.url, self.redis_url = url, redis_url
        self.database, self.memory = Postgres(url), Redis(redis_url)
        self.silent, self.asked = Redis(NOWHERE), list[bool]()
        self.table = replace(LimitTable(), **AMPLE)

    async def send(self, to: To, sender: Sender, *, silent: bool = False) -> None:
        """Raises what the limits do."""
        channel, id = (PHONE if isinstance(to, Phone) else EMAIL), uuid7()
        flow_id = bytes.fromhex(sender.session) or secrets.token_bytes(16)

        async def queue(connection: Connection, terms: Terms) -> Record:
            [row] = await connection.fetch(
                *channel.sql.start_code(
                    limits_checked=terms.limits_checked, is_counted=terms.is_counted,
                    room=terms.room, is_quiet=bool(terms.quiet_by),
                    is_withheld=terms.is_withheld, id=uuid7(), message_id=id,
                    flow_id=flow_id, purpose="confirm-x" if sender.session else "signup",
                    nonce=b"n" * 16, lifetime=timedelta(minutes=10), contact=to.destination,
                    block=to.block if isinstance(to, Phone) else to.mailbox,
                    region=to.region if isinstance(to, Phone) else None,
                    address=sender.origin.address, network=sender.origin.network,
                    opened_by=sender.opened_by,
                    event="test:code_sent", request_id=None, language="en", zone="",
                )
            )  # fmt: skip
            if row["id"]:
                self.asked.append(terms.limits_checked)
            return row

        memory = self.silent if silent else self.memory
        limiter = SendLimiter(self.database, memory, self.table, PSEUDONYMS)
        assert await limiter.queue_message(to, sender, str(id), queue)

    async def let_through(self, sends: Callable[[int], tuple[To, Sender]], first: int) -> int:
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


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
async def sends(stores: Stores, url: str) -> AsyncIterator[Sends]:
    await execute(url, "TRUNCATE deliveries, phone_verifications, email_verifications")
    made = Sends(stores, url, f"{stores.redis_url}?db=12")
    made.flush()
    await made.database.open()
    yield made
    await made.memory.close()
    await made.database.close()


def test_each_limit_of_sends_is_tried() -> None:
    assert set(SENDS) == {*LIMITS, *BUDGETS}


@pytest.mark.parametrize("name", SENDS)
async def test_a_limit_lets_through_no_more_than_without_a_flush(sends: Sends, name: str) -> None:
    three = Budget(3, 3, 0) if name in BUDGETS else THREE
    sends.table = replace(sends.table, **{name: three})
    for n in (1, 2):
        await sends.send(*SENDS[name](n))
    sends.flush()
    assert await sends.refill() is Refilled.ALL
    sends.asked.clear()
    assert await sends.let_through(SENDS[name], 3) == 1
    assert sends.asked == [False]


async def test_what_is_older_than_a_window_is_not_counted_in_it(sends: Sends) -> None:
    limit = Limit(((HOUR, 2), (24 * HOUR, 4)))
    sends.table = replace(sends.table, texts_per_number=limit)
    for age in (25 * HOUR, 2 * HOUR, 1.5 * HOUR):
        await sends.send(number(1), sender(1))
        await execute(sends.url, OLDER, number(1).e164, age)
        sends.flush()
    await sends.refill()
    assert await sends.let_through(SENDS["texts_per_number"], 2) == 2


async def test_a_call_is_counted_as_three_texts(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_number=Limit(((HOUR, 5),)))
    await sends.send(number(1), sender(1))
    await execute(sends.url, "UPDATE deliveries SET weight = 3")
    sends.flush()
    assert await sends.refill() is Refilled.ALL
    sends.asked.clear()
    assert await sends.let_through(SENDS["texts_per_number"], 2) == 2
    assert sends.asked == [False] * 2


async def test_a_wait_goes_on(sends: Sends) -> None:
    limit = Limit(((HOUR, 9),), waits=(30, 60))
    sends.table = replace(sends.table, texts_per_number=limit)
    await sends.send(number(1), sender(1))
    await execute(sends.url, OLDER, number(1).e164, 10)
    sends.flush()
    await sends.refill()
    with pytest.raises(TooSoon) as refused:
        await sends.send(number(1), sender(2))
    assert 5 < int(refused.value.retry_after or 0) <= 20


async def test_what_the_memory_counts_already_is_counted_once(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_number=THREE)
    sends.flush()
    for n in (1, 2):
        await sends.send(number(1), sender(n))
    await sends.refill()
    assert await sends.let_through(SENDS["texts_per_number"], 3) == 1


async def test_what_was_sent_in_a_silence_is_counted_later(sends: Sends) -> None:
    """And PostgreSQL is no longer asked because of it."""
    sends.table = replace(sends.table, texts_per_number=THREE)
    for n in (1, 2):
        await sends.send(number(1), sender(n), silent=True)
    assert await sends.refill() is Refilled.ALL
    assert (await execute(sends.url, UNCOUNTED))[0]["count"] == 0
    sends.asked.clear()
    assert await sends.let_through(SENDS["texts_per_number"], 3) == 1
    assert sends.asked == [False]


@pytest.mark.parametrize("to", [number(1), mailbox(1)])
async def test_whoever_deletes_an_account_gets_no_new_limits(sends: Sends, to: To) -> None:
    """For their number, mailbox and address PostgreSQL is asked, and for nobody else's."""
    sends.table = replace(sends.table, texts_per_number=THREE, mails_per_mailbox=THREE)
    for n in (1, 2):
        await sends.send(to, sender(n))
    await execute(sends.url, GONE_OUT)
    await execute(sends.url, DELETED, to.destination)
    await Erasure(sends.database, PSEUDONYMS).forget_all()
    sends.flush()
    assert await sends.refill() is Refilled.BUT_DELETED
    sends.asked.clear()
    assert await sends.let_through(lambda n: (to, sender(n)), 3) == 1
    await sends.send(number(5), sender(5))
    await sends.send(number(6), sender(1))
    assert sends.asked == [True, False, True]


async def test_many_at_once_while_it_is_refilled_stay_within_the_limit(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_block=Limit(((HOUR, 10),)))
    in_block = SENDS["texts_per_block"]
    for n in range(1, 7):
        await sends.send(*in_block(n))
    sends.flush()
    sends.asked.clear()

    async def send(n: int) -> None:
        with suppress(*SEND_LIMITS, Unavailable):
            await sends.send(*in_block(n))

    refilled, *_ = await asyncio.gather(sends.refill(), *(send(n) for n in range(7, 57)))
    assert refilled is Refilled.ALL
    await sends.let_through(in_block, 57)
    assert len(sends.asked) == 4


OLDER = """
UPDATE deliveries SET created_at = created_at - make_interval(secs => $2) WHERE destination = $1
"""
