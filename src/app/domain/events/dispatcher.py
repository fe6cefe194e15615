"""The dispatcher of events: each service has its own, so nobody waits for another's receiver.

Every process runs one for each service that is told of events. Each event is sent at least once: it
is claimed for half a minute, and whoever dies with one in hand leaves it to the others.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from app.domain.checks import Finding, Status
from app.domain.concurrency import Lazy, attempt
from app.domain.delivery.outbox import jitter
from app.domain.delivery.senders import CircuitBreaker
from app.domain.errors import Unavailable
from app.domain.events.events import (
    Answer,
    Event,
    Webhooks,
    claim_due,
    post_event,
    set_receivers,
    sql,
)
from app.domain.ports import Database
from app.domain.services import Service

log = logging.getLogger("app.events")

MOST = 10  # in flight at once to each receiver
SWEEP = 1.0  # seconds between looks for new events
SET_AGAIN = 10.0  # seconds until the database is told again whom to write events for
PAUSE = 0.01  # seconds between two claims: one for ten events costs as one for one
# Seconds before another try, less up to a fifth; the last one again and again, for three days.
BACKOFF = (5.0, 60.0, 300.0, 900.0, 3600.0)
LATE = 60  # seconds that an event may wait before health tells of it
GONE = 410  # the receiver wants nothing more


class EventDispatcher:
    """Of one service."""

    def __init__(self, database: Database, webhooks: Lazy[Webhooks], service: Service) -> None:
        self._database, self._webhooks, self.service = database, webhooks, service
        self.breaker = CircuitBreaker()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._closing = False
        self._is_gone = False

    async def run(self) -> None:
        """Until `close`, and what is in flight is sent and written down."""
        while not self._closing:
            self._woken.clear()
            await attempt("events", self._claim_some)
            await asyncio.sleep(PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), SWEEP)
        await asyncio.gather(*self._in_flight)

    def close(self) -> None:
        """Claims nothing more."""
        self._closing = True
        self._woken.set()

    async def _claim_some(self) -> None:
        room = 0 if self._is_gone else self.breaker.free_slots(len(self._in_flight), MOST)
        if not room:
            return
        events: list[Event] = []
        with suppress(Unavailable):  # which is reported by itself
            async with self._database.connection() as connection:
                events = await claim_due(connection, self.service.name, room)
        for event in events:
            task = asyncio.create_task(attempt("event", partial(self._send, event)))
            self._in_flight.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """There is room now, and the person's next event may go."""
        self._in_flight.discard(task)
        self._woken.set()

    async def _send(self, event: Event) -> None:
        answer = await post_event(await self._webhooks.get(), self.service, event)
        self._note(event, answer)
        async with self._database.connection() as connection:
            await connection.execute(
                *sql.record_answer(
                    position=event.position,
                    tries=event.tries,
                    delivered=answer.is_taken,
                    answer=answer.words,
                    delay=_pause(event, answer),
                )
            )

    def _note(self, event: Event, answer: Answer) -> None:
        if answer.is_taken:
            self.breaker.record_success()
            self.breaker.words = ""
        else:
            self.breaker.record_failure()
            self.breaker.words = answer.words
        named = {"service": self.service.name, "event": str(event.id), "words": answer.words}
        log.info("event handed over", extra=named | {"type": event.type, "taken": answer.is_taken})
        if answer.status == GONE and not self._is_gone:
            self._is_gone = True
            log.warning("the receiver is gone: nothing is sent to it until a restart", extra=named)


def _pause(event: Event, answer: Answer) -> float:
    """Seconds. What the receiver asks for counts, but for an hour at most."""
    ours = BACKOFF[min(event.tries, len(BACKOFF)) - 1]
    return max(ours - jitter(ours / 5), min(answer.retry_after or 0.0, BACKOFF[-1]))


class Events:
    """All services that are told of any, in one process."""

    def __init__(
        self, database: Database, webhooks: Lazy[Webhooks], services: Sequence[Service]
    ) -> None:
        self._database = database
        self.services = [each for each in services if each.events_url]
        self._dispatchers = [EventDispatcher(database, webhooks, each) for each in self.services]
        self._are_set = False

    async def set_receivers(self) -> None:
        """Whose events are written from now on."""
        await set_receivers(self._database, self.services)
        self._are_set = True

    async def run(self) -> None:
        """Until `close`."""
        while not self._are_set:
            await attempt("receivers of events", self.set_receivers)
            await asyncio.sleep(0 if self._are_set else SET_AGAIN)
        await asyncio.gather(*(each.run() for each in self._dispatchers))

    def close(self) -> None:
        self._are_set = True
        for each in self._dispatchers:
            each.close()

    async def report_health(self) -> Finding:
        """How many wait for each service."""
        names = [each.name for each in self.services]
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.find_waiting(services=names))
        late = any(row["oldest"] > LATE for row in rows)
        words = {each.service.name: each.breaker.words for each in self._dispatchers}
        note = "; ".join(
            f"{row['service']}: {row['waiting']} wait, the oldest for {row['oldest']} s"
            + (f", last trouble: {words[row['service']]}" if words[row["service"]] else "")
            for row in rows
        )
        return (Status.WARN if late else Status.PASS), note
