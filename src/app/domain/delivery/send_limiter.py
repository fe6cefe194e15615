"""Where one more text or mail may be queued: the limits of sending, counted before anything is."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from uuid import UUID

from app.domain.blocks import Blocks
from app.domain.delivery.counts import CountedLimit, Proved, list_counts, of_deleted, weigh
from app.domain.delivery.database_limits import Pseudonyms, find_reached_limit, sql
from app.domain.delivery.pressure import ALL, PressureGauge, Verdict
from app.domain.delivery.proved import ProvedTexts, RegionBudgets
from app.domain.delivery.rooms import Requester, Room
from app.domain.delivery.send import QuietlyRefused, Send, SendPermit, Terms
from app.domain.delivery.stops import CONVERSION, Stop, Stops, StopState
from app.domain.errors import Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import DAY, LimitTable
from app.domain.ports import (
    BudgetSpent,
    Connection,
    CountResult,
    Database,
    Record,
    Refilled,
    ShortMemory,
    Tally,
    Window,
)

IDEMPOTENCY_SECONDS = 30  # as long as the first wait, so that a double click never reaches it


class ShortIdempotencyKey(str):
    """Names what is done once within a few seconds: then a button was pressed twice by mistake."""

    __slots__ = ()
    seconds = 3


class RepeatedSend(Exception):
    """The very same send is under way or just done: no refusal, as whoever asks again is led to its
    result.
    """


# Queues the message of a send, and answers with its row's `id`. Where the limits in the database
# were not looked at and have a say, it only answers so, as `needs_database_check`.
QueueStatement = Callable[[Connection, Terms], Awaitable[Record]]


class SendLimiter:
    """Queues a message where all limits of sends have room for it at once."""

    def __init__(
        self,
        database: Database,
        memory: ShortMemory,
        table: LimitTable,
        pseudonyms: Pseudonyms,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """`now` in seconds since any moment: what was read is gone by for some of them."""
        self._database, self._memory = database, memory
        self._table, self._pseudonyms = table, pseudonyms
        self._budgets = RegionBudgets(database, now)
        self.blocks = Blocks(database, now)
        self.stops = Stops(database, table.conversion_breaker, now)
        self.gauge = PressureGauge(database, table, self.stops, now)
        self.proved = ProvedTexts(database, memory, table, self.stops)

    async def queue_message(
        self,
        to: Phone | EmailAddress,
        requester: Requester,
        entry: str,
        queue: QueueStatement,
        idempotency_key: str = "",
        weight: int = 1,
    ) -> bool:
        """Whether `queue` has queued it. `entry`, a UUID, names this send; `idempotency_key` what
        is not sent twice in half a minute, or for a `ShortIdempotencyKey` in a few seconds, however
        often it is asked for; `weight` as how many it counts. Raises `RepeatedSend`, `TooSoon`,
        `TooManySends`, `NumberBlocked`, `TextsStopped`, `MailsStopped`; of the last two nothing
        where someone signs in, for whom nothing is sent then if the number has no account.
        """
        if isinstance(to, Phone):
            await self.blocks.check_number(to.e164)
        rooms: list[Room | None] = [requester.room if isinstance(to, Phone) else None]
        if rooms == [Room.SIGN_IN]:  # then those where nothing is told
            rooms += [Room.ACCOUNTS if requester.has_account else Room.WITHHELD, Room.WITHHELD]
        quiet_by = ""
        for room in rooms:
            if room is Room.ACCOUNTS and quiet_by == "accounts_per_region":
                continue  # it was full a moment ago
            counts = _repeat_count(idempotency_key) if idempotency_key else ()
            for counted in await self._list_counts(to, requester, room):
                counts += tuple(weigh(counted, weight, entry))
            try:
                send = Send(to, requester, entry, room, counts, quiet_by)
                return await self._take_and_queue(send, queue)
            except QuietlyRefused as refused:
                quiet_by = quiet_by or refused.limit
        raise Unavailable  # never: what is withheld takes no room that could be full

    async def _list_counts(
        self, to: Phone | EmailAddress, requester: Requester, room: Room | None
    ) -> Iterator[CountedLimit]:
        if room is None or not isinstance(to, Phone):
            return list_counts(self._table, to, requester)
        is_in_region = room is not Room.WITHHELD
        proved = await self._budgets.find(to.region) if is_in_region else Proved()
        return list_counts(self._table, to, requester, room, proved)

    async def _take_and_queue(self, send: Send, queue: QueueStatement) -> bool:
        permit = await self._take(send)
        is_queued = False
        try:
            is_queued = await self._queue(send, permit, queue)
        except BudgetSpent:
            raise send.refuse_unpaid() from None
        finally:
            if not is_queued:
                await self._give_back(permit)
        return is_queued

    async def _queue(self, send: Send, permit: SendPermit, queue: QueueStatement) -> bool:
        """In one statement while the short memory knows all; it does nothing where that does not. A
        send of this very moment, in a process that finds the memory silent, is not seen here.
        """
        if not permit.needs_database_check:
            async with self._database.connection() as connection:
                row = await queue(connection, permit.terms(limits_checked=False))
                if not row["needs_database_check"]:
                    return _is_queued(connection, row, send)
        async with self._database.transaction() as connection:
            await self._check_database_limits(connection, send, permit)
            row = await queue(connection, permit.terms(limits_checked=True))
            return _is_queued(connection, row, send)

    async def _take(self, send: Send) -> SendPermit:
        half_open, is_judged = await self._find_stops(send)
        is_known = is_silent = False
        before: tuple[int, ...] = ()
        try:
            count = await self._memory.count([each.tally for each in send.counts], send.entry)
        except Unavailable:
            is_silent = True
        else:
            if count.reached:
                raise send.refuse(send.counts[count.reached.index], count.reached)
            is_known, before = await self._is_all_known(count, send.values), count.before
        permit = SendPermit(send, needs_database_check=not is_known, is_database_only=is_silent)
        try:
            if is_judged:
                kinds = self._kinds_to_judge(send, before) if is_known else ALL
                await self._judge(send, kinds)
            is_probe = bool(half_open) and await self._take_probe(half_open, send)
            if half_open and not is_probe and not await self._is_exempt(send, half_open):
                raise send.refuse_stopped(Verdict("conversion_breaker"))
        except BaseException:
            await self._give_back(permit)
            raise
        return replace(permit, is_probe=is_probe)

    async def _take_probe(self, stops: Sequence[Stop], send: Send) -> bool:
        network = send.requester.origin.network
        return await self.stops.take_probe(stops, UUID(send.entry), network)

    async def _find_stops(self, send: Send) -> tuple[list[Stop], bool]:
        """Those that wait for a probe, and whether this text is judged by what became of others."""
        if send.room in (None, Room.WITHHELD) or not isinstance(send.to, Phone):
            return [], False
        judged = send.room.judged_as
        found = await self.stops.find(send.to.region, send.to.block, judged)
        states = {state for _, state in found}
        if send.room is Room.SIGN_IN:  # nobody's probe: it would tell that there is no account
            found_for_all = await self.stops.find(send.to.region, send.to.block, Room.KNOWN)
            if any(state is StopState.STOPPED for _, state in found_for_all):
                raise send.refuse_stopped(Verdict("conversion_breaker"), for_all=True)
            states |= {StopState.PROBING} if StopState.HALF_OPEN in states else set()
        is_stopped = bool(states & {StopState.STOPPED, StopState.PROBING})
        if is_stopped and not await self._is_exempt(send, (stop for stop, _ in found)):
            raise send.refuse_stopped(await self._with_wait(send))
        half_open = [stop for stop, state in found if state is StopState.HALF_OPEN]
        is_let_through = is_stopped or StopState.ALLOWED in states
        return half_open, judged is not Room.KNOWN and not is_let_through

    def _kinds_to_judge(self, send: Send, before: Sequence[int]) -> tuple[str, ...]:
        """Only where so many texts were not proved, be they of whatever room, is there pressure."""
        counted = zip(send.counts, before, strict=True)
        least = min(self._table.pressure.least, self._table.conversion_breaker.least)
        return tuple(each.watched for each, n in counted if each.watched and n >= least)

    async def _judge(self, send: Send, kinds: Sequence[str]) -> None:
        if not kinds or send.room is None or not isinstance(send.to, Phone):
            return
        verdict = await self.gauge.judge(send.to, send.requester.origin, send.room, kinds)
        if verdict.limit and not await self._is_exempt(send):
            raise send.refuse_stopped(verdict)

    async def _is_exempt(self, send: Send, stops: Iterable[Stop] = ()) -> bool:
        """From a breaker: who has proved an e-mail address, and comes from where others prove their
        numbers. So whoever attacks from elsewhere keeps none of them out.
        """
        if send.room is not Room.MAILED or any(stop.reason != CONVERSION for stop in stops):
            return False
        return await self.gauge.proves_texts(send.requester.origin.network)

    async def _with_wait(self, send: Send) -> Verdict:
        wait = 0
        if isinstance(send.to, Phone):
            wait = await self.gauge.find_wait(send.to, send.requester.origin)
        return Verdict("conversion_breaker", wait)

    async def _is_all_known(self, count: CountResult, values: dict[str, str]) -> bool:
        """Whether the short memory counts all sends of the last day that matter for this one."""
        if count.refilled is not Refilled.BUT_DELETED:
            return count.memory_age >= DAY or count.refilled is Refilled.ALL
        names = {name for value in values.values() for name in self._pseudonyms.list_names(value)}
        try:
            return not await self._memory.holds_any([of_deleted(name) for name in names])
        except Unavailable:
            return False

    async def _check_database_limits(
        self, connection: Connection, send: Send, permit: SendPermit
    ) -> None:
        """Inside the transaction that queues the send: what PostgreSQL knows was sent already."""
        await connection.execute(*sql.lock_sends())
        on_record = [counted for counted in send.counts if counted.column]
        reached = await find_reached_limit(
            connection, send.channel, on_record, send.values, self._pseudonyms
        )
        if reached:
            raise send.refuse(on_record[reached.index], reached)

    async def _give_back(self, permit: SendPermit) -> None:
        """After a send that did not come about. A memory gone silent keeps it counted: safe."""
        with suppress(Unavailable):
            if permit.is_probe:
                await self.stops.release_probe(UUID(permit.send.entry))
        if permit.is_database_only:
            return
        with suppress(Unavailable):
            tallies = [counted.tally for counted in permit.send.counts]
            await self._memory.uncount(tallies, permit.send.entry)


def _is_queued(connection: Connection, row: Record, send: Send) -> bool:
    if row["id"] is None:
        return False
    if send.room is not Room.WITHHELD:
        connection.message_queued()
    return True


def _repeat_count(idempotency_key: str) -> tuple[CountedLimit, ...]:
    seconds = (
        idempotency_key.seconds
        if isinstance(idempotency_key, ShortIdempotencyKey)
        else IDEMPOTENCY_SECONDS
    )
    tally = Tally(f"once:{idempotency_key}", (Window(seconds, 1),))
    return (CountedLimit("", tally, "", lambda reached: RepeatedSend()),)
