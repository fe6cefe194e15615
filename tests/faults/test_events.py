"""Events on their way to receivers that hang, fail, are gone or die, and processes that do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from app.adapters.http_client import new_http_client
from app.adapters.postgres import Postgres
from app.adapters.webhooks import HttpWebhooks
from app.domain.checks import Status
from app.domain.concurrency import Lazy
from app.domain.events.dispatcher import MOST, Events
from app.domain.events.events import claim_due
from app.domain.services import Service
from tests.domain.test_events import PERSON, PLAN
from tests.product import PATIENCE
from tests.standins import behaviour as acts
from tests.standins.receiver import EventReceiver
from tests.stores import Stores, execute

ADD = """
INSERT INTO events (id, service, type, user_id, expires_at)
SELECT gen_random_uuid(), $1, type, $2, now() + interval '3 days' FROM unnest($3::text[]) type
"""
DUE = "UPDATE events SET next_try_at = now() WHERE state = 'waiting'"
ANSWERS = "SELECT answer FROM events WHERE tries > 0"
POSTPONED = """
SELECT count(DISTINCT next_try_at), extract(epoch FROM min(next_try_at) - min(created_at))
FROM events
"""
LEASE = "SELECT extract(epoch FROM next_try_at - now())::float FROM events WHERE tries = 1"
ALL = frozenset({"phone", "email", "plan"})
ADA, BOB = UUID(int=1), UUID(int=2)


@dataclass
class EventSetup:
    """A database of its own, two receivers, and dispatchers that work for both."""

    url: str
    client: httpx.AsyncClient
    shop: EventReceiver
    blog: EventReceiver

    @property
    def services(self) -> list[Service]:
        return [
            Service(
                name=each.name,
                audience=each.name,
                events_url=f"{each.url}/events",
                events_secrets=(each.secret,),
                scopes=scopes,
            )
            for each, scopes in ((self.shop, ALL), (self.blog, frozenset({"openid"})))
        ]

    async def sql(self, statement: str, *args: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await execute(self.url, statement, *args)]

    async def add(self, receiver: EventReceiver, person: UUID, *types: str) -> None:
        await self.sql(ADD, receiver.name, person, types)

    async def states(self) -> list[tuple[object, ...]]:
        return await self.sql("SELECT type, state, tries FROM events ORDER BY position")

    async def until(self, *states: str) -> None:
        """Those of all events, in their order; one alone is that of each."""

        async def are_so() -> bool:
            found = [row[1] for row in await self.states()]
            return found == [*states] or (len(states) == 1 and {*found} == {*states})

        await eventually(are_so)

    async def asked(self, receiver: EventReceiver) -> None:
        """Once it was, and its answer is written down."""

        async def is_so() -> bool:
            return receiver.requests == 1 and ("",) not in await self.sql(ANSWERS)

        await eventually(is_so)

    async def until_sent(self, receiver: EventReceiver, count: int) -> None:
        """However often it is tried: nobody waits for the next try."""

        async def are_sent() -> bool:
            await self.sql(DUE)
            return len(receiver.messages) >= count

        await eventually(are_sent)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Postgres]:
        one = Postgres(self.url)
        await one.open()
        yield one
        await one.close()

    @asynccontextmanager
    async def events(self) -> AsyncIterator[Events]:
        """Running; in the end they are closed."""
        async with self.database() as database:
            events = Events(database, Lazy(lambda: HttpWebhooks(self.client)), self.services)
            running = asyncio.create_task(events.run())
            yield events
            events.close()
            await asyncio.wait_for(running, PATIENCE)


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_http_client() as one:
        yield one


@pytest.fixture(scope="module")
def receivers() -> Iterator[tuple[EventReceiver, EventReceiver]]:
    with EventReceiver("shop") as shop, EventReceiver("blog", b"b" * 32) as blog:
        yield shop, blog


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
async def setup(
    url: str, client: httpx.AsyncClient, receivers: tuple[EventReceiver, EventReceiver]
) -> AsyncIterator[EventSetup]:
    for each in receivers:
        each.reset()
    one = EventSetup(url, client, *receivers)
    await one.sql("DELETE FROM events")
    yield one
    assert [each.violations for each in receivers] == [[], []]


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if await true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within {PATIENCE} s")


async def received(receiver: EventReceiver, count: int) -> None:
    await asyncio.to_thread(receiver.wait_for, count)


def types_of(receiver: EventReceiver, person: UUID) -> list[str]:
    return [each.type for each in receiver.messages if each.to == str(person)]


TEN = [f"user.{n}" for n in range(10)]


async def test_several_dispatchers_send_each_once_and_in_order(setup: EventSetup) -> None:
    people = [UUID(int=n) for n in range(1, 21)]
    for person in people:
        await setup.add(setup.shop, person, *TEN)
    async with setup.events(), setup.events(), setup.events():
        await setup.until("delivered")
    assert [types_of(setup.shop, person) for person in people] == [TEN] * len(people)


async def test_what_is_refused_holds_up_its_person_and_nobody_else(setup: EventSetup) -> None:
    setup.shop.script.for_destination(str(ADA), acts.http_500(), acts.http_500(), acts.ordinary())
    await setup.add(setup.shop, ADA, "user.created", "user.updated")
    await setup.add(setup.shop, BOB, "user.created", "user.updated")
    async with setup.events():
        await received(setup.shop, 2)
        assert types_of(setup.shop, ADA) == []
        await setup.until_sent(setup.shop, 4)
        await setup.until("delivered")
    assert types_of(setup.shop, ADA) == ["user.created", "user.updated"]
    assert await setup.sql("SELECT tries, answer FROM events WHERE user_id = $1", ADA) == [
        (3, "HTTP 204 No Content"),
        (1, "HTTP 204 No Content"),
    ]


@pytest.mark.parametrize("act", [acts.hang(), acts.http_500(), acts.redirect()])
async def test_a_receiver_that_is_dead_delays_no_other(
    setup: EventSetup, act: acts.Behaviour
) -> None:
    setup.shop.script.always(act)
    for n in range(1, 3 * MOST):
        await setup.add(setup.shop, UUID(int=n), "user.created")
    await setup.add(setup.blog, ADA, *TEN)
    async with setup.events() as events:
        await received(setup.blog, len(TEN))
        assert setup.shop.messages == []
        setup.shop.stop()  # so that nothing hangs any more
        await setup.sql("UPDATE events SET created_at = now() - interval '5 minutes'")
        status, note = await events.report_health()
        setup.shop.start()
    assert status is Status.WARN
    assert note.startswith(f"shop: {3 * MOST - 1} wait, the oldest for 30")


async def test_what_waits_behind_another_is_not_looked_at_before_its_next_try(
    setup: EventSetup,
) -> None:
    setup.shop.script.next(acts.http_500())
    await setup.add(setup.shop, ADA, "user.created", "user.updated", "user.deleted")
    async with setup.events():
        await setup.asked(setup.shop)
        [[moments, seconds]] = await setup.sql(POSTPONED)
        assert (moments, seconds > 3) == (1, True)
        await setup.sql(DUE + " AND tries = 1")
        await setup.until("delivered")
    assert types_of(setup.shop, ADA) == ["user.created", "user.updated", "user.deleted"]


async def test_a_200_that_came_too_late_is_followed_by_the_same_event(setup: EventSetup) -> None:
    setup.shop.script.next(acts.accept_then_drop())
    await setup.add(setup.shop, ADA, "user.created")
    async with setup.events():
        await received(setup.shop, 1)
        await setup.until_sent(setup.shop, 2)
        await setup.until("delivered")
    assert len({each.id for each in setup.shop.messages}) == 1


async def test_what_is_claimed_is_left_alone_for_half_a_minute(setup: EventSetup) -> None:
    await setup.add(setup.shop, ADA, "user.created", "user.updated")
    async with setup.database() as database, database.connection() as connection:
        [claimed] = await claim_due(connection, "shop", MOST)
        assert await claim_due(connection, "shop", MOST) == []
        [[lease]] = await setup.sql(LEASE)
        assert 20 < lease <= 30
        await setup.sql(DUE)
        [again] = await claim_due(connection, "shop", MOST)
    assert (again.id, again.type, again.tries) == (claimed.id, "user.created", 2)


async def test_each_is_told_what_its_scopes_allow_and_nothing_of_the_deleted(
    setup: EventSetup,
) -> None:
    async with setup.events() as events:
        await events.set_receivers()
        for statement in (PERSON, PLAN):
            await setup.sql(statement)
        await received(setup.shop, 2)
        await received(setup.blog, 1)
        await setup.sql("DELETE FROM users")
        await received(setup.shop, 3)
        await received(setup.blog, 2)
    known = {"user": str(ADA), "phone": "+61491570006", "email": "ada@example.org", "plan": "pro"}
    assert [each.type for each in setup.shop.messages] == [
        "user.created", "user.plan_changed", "user.deleted",
    ]  # fmt: skip
    assert setup.shop.messages[1].data == known
    assert [each.data for each in setup.blog.messages] == [{"user": str(ADA)}] * 2
    assert setup.shop.messages[2].data == {"user": str(ADA)}


async def test_a_receiver_that_is_gone_is_left_alone(setup: EventSetup) -> None:
    setup.shop.script.always(acts.answers(410))
    await setup.add(setup.shop, ADA, "user.created")
    async with setup.events():
        await setup.asked(setup.shop)
        await setup.add(setup.shop, BOB, "user.created")
        await setup.add(setup.blog, BOB, "user.created")
        await setup.sql(DUE)
        await received(setup.blog, 1)
        await asyncio.sleep(1.1)  # one look more
    assert setup.shop.requests == 1


async def test_after_three_days_a_try_that_fails_is_the_last(setup: EventSetup) -> None:
    setup.shop.script.next(acts.http_500(), 2)
    await setup.add(setup.shop, ADA, "user.created", "user.deleted")
    async with setup.events():
        await setup.asked(setup.shop)
        await setup.sql("UPDATE events SET expires_at = now(), next_try_at = now()")
        await received(setup.shop, 1)
        await setup.until("failed", "delivered")
