"""Whether one more text or mail may be sent: the limits of sending, counted before anything is."""

from contextlib import suppress
from dataclasses import dataclass

from app.domain.delivery.floor import Counted, reached_on_record
from app.domain.errors import Refusal, TooMany, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import DAY, LimitTable, Origin, TextsStopped, TooManySends, TooSoon
from app.domain.ports import Connection, Reached, ShortMemory, Tally, Window

# Sends that cannot be counted in the short memory are counted one after the other.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(727275)"
ONCE_SECONDS = 30  # as long as the first wait, so that a double click never reaches it


class Press(str):
    """Names what is done once within a few seconds: then a button was pressed twice by mistake."""

    __slots__ = ()
    seconds = 3


class Repeated(TooMany):
    """The very same send is under way or just done; whoever asks again is led to its result."""

    code = "repeated"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Room was taken. Where `asks_floor`, PostgreSQL has a say too; `alone` if it has the only."""

    channel: str
    entry: str
    counts: tuple[Counted, ...]
    asks_floor: bool
    alone: bool


class Allowance:
    """Takes room for a send in all its limits at once, or refuses."""

    def __init__(self, memory: ShortMemory, table: LimitTable) -> None:
        self._memory, self._table = memory, table

    async def take(
        self, to: Phone | EmailAddress, origin: Origin, entry: str, once: str = ""
    ) -> Allowed:
        """`entry` names this send; `once` what is not sent twice in half a minute, or for a `Press`
        in a few seconds, however often it is asked for. Raises `Repeated`, `TooSoon`,
        `TooManySends`, `TextsStopped`.
        """
        counts = _repeat_count(once) if once else ()
        if isinstance(to, Phone):
            return await self._taken("sms", counts + _text_counts(self._table, to, origin), entry)
        return await self._taken("email", counts + _mail_counts(self._table, to, origin), entry)

    async def _taken(self, channel: str, counts: tuple[Counted, ...], entry: str) -> Allowed:
        try:
            count = await self._memory.count([counted.tally for counted in counts], entry)
        except Unavailable:
            return Allowed(channel, entry, counts, asks_floor=True, alone=True)
        if count.reached:
            raise counts[count.reached.index].refused(count.reached)
        young = count.memory_age < DAY
        return Allowed(channel, entry, counts, asks_floor=young, alone=False)

    async def check_floor(self, connection: Connection, allowed: Allowed) -> None:
        """Inside the transaction that queues the send: what PostgreSQL knows was sent already."""
        if allowed.alone:
            await connection.execute(ONE_AT_A_TIME)
        on_record = [counted for counted in allowed.counts if counted.column]
        reached = await reached_on_record(connection, allowed.channel, on_record)
        if reached:
            raise on_record[reached.index].refused(reached)

    async def give_back(self, allowed: Allowed) -> None:
        """After a send that did not come about. A memory gone silent keeps it counted: safe."""
        if allowed.alone:
            return
        with suppress(Unavailable):
            await self._memory.uncount([c.tally for c in allowed.counts], allowed.entry)


def _repeat_count(once: str) -> tuple[Counted, ...]:
    seconds = once.seconds if isinstance(once, Press) else ONCE_SECONDS
    tally = Tally(f"once:{once}", (Window(seconds, 1),))
    return (Counted(tally, "", "", lambda reached: Repeated()),)


def _text_counts(table: LimitTable, phone: Phone, origin: Origin) -> tuple[Counted, ...]:
    """In the order they are told: the person's own limits before everybody's."""
    limits = (
        ("number", table.texts_per_number, "destination", phone.e164, _too_many),
        ("block", table.texts_per_block, "block", phone.block, _too_many),
        ("address", table.texts_per_address, "address", origin.address, _too_many),
        ("network", table.texts_per_network, "network", origin.network, _too_many),
        ("region", table.for_region(phone.region), "region", phone.region, _stopped),
        ("all", table.texts_in_all, "channel", "sms", _stopped),
    )
    return tuple(
        Counted(limit.tally(f"texts:{name}:{value}"), column, value, refused)
        for name, limit, column, value, refused in limits
    )


def _mail_counts(table: LimitTable, email: EmailAddress, origin: Origin) -> tuple[Counted, ...]:
    limits = (
        ("mailbox", table.mails_per_mailbox, "destination", email.value),
        ("address", table.mails_per_address, "address", origin.address),
    )
    return tuple(
        Counted(limit.tally(f"mails:{name}:{value}"), column, value, _too_many)
        for name, limit, column, value in limits
    )


def _too_many(reached: Reached) -> Refusal:
    return TooSoon(reached.retry_after) if reached.waiting else TooManySends()


def _stopped(reached: Reached) -> Refusal:
    return TextsStopped(retry_after=None)
