"""Where one more text or mail may be queued: the limits of sending, counted before anything is."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from app.domain.delivery.database_limits import CountedLimit, Pseudonyms, find_reached_limit, sql
from app.domain.errors import Refusal, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import (
    DAY,
    Limit,
    LimitTable,
    MailsStopped,
    Origin,
    TextsStopped,
    TooManySends,
    TooSoon,
)
from app.domain.ports import (
    Connection,
    CountResult,
    Database,
    ReachedLimit,
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


@dataclass(frozen=True, slots=True)
class SendPermit:
    """Room was taken. Where `needs_database_check`, PostgreSQL has a say too, by `values`;
    `is_database_only` if it has the only.
    """

    channel: str
    entry: str
    counts: tuple[CountedLimit, ...]
    values: dict[str, str]
    needs_database_check: bool
    is_database_only: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks for a send. `is_owners` says that the owner of the contact has signed in from that
    device, which was not forgotten since; `session` is whose own contact it is, and `opened_by` the
    kind of proof that opened that, both '' in flows of people who are not signed in.
    """

    origin: Origin
    is_owners: bool = False
    session: str = ""
    opened_by: str = ""


# Queues the message of a send, and answers with its row's `id`; takes whether the limits in the
# database were looked at, and whether the short memory counts the message. Where they were not and
# have a say, it only answers so, as `needs_database_check`.
QueueStatement = Callable[[Connection, bool, bool], Awaitable[Record]]


class SendLimiter:
    """Queues a message where all limits of sends have room for it at once."""

    def __init__(
        self, database: Database, memory: ShortMemory, table: LimitTable, pseudonyms: Pseudonyms
    ) -> None:
        self._database, self._memory = database, memory
        self._table, self._pseudonyms = table, pseudonyms

    async def queue_message(
        self,
        to: Phone | EmailAddress,
        sender: Sender,
        entry: str,
        queue: QueueStatement,
        idempotency_key: str = "",
    ) -> bool:
        """Whether `queue` has queued it. `entry` names this send; `idempotency_key` what is not
        sent twice in half a minute, or for a `ShortIdempotencyKey` in a few seconds, however often
        it is asked for. Raises `RepeatedSend`, `TooSoon`, `TooManySends`, `TextsStopped`,
        `MailsStopped`.
        """
        permit = await self._take(to, sender, entry, idempotency_key)
        is_queued = False
        try:
            is_queued = await self._queue(permit, queue)
        finally:
            if not is_queued:
                await self._give_back(permit)
        return is_queued

    async def _queue(self, permit: SendPermit, queue: QueueStatement) -> bool:
        """In one statement while the short memory knows all; it does nothing where that does not. A
        send of this very moment, in a process that finds the memory silent, is not seen here.
        """
        if not permit.needs_database_check:
            async with self._database.connection() as connection:
                row = await queue(connection, False, True)
                if not row["needs_database_check"]:
                    return _is_queued(connection, row)
        async with self._database.transaction() as connection:
            await self._check_database_limits(connection, permit)
            row = await queue(connection, True, not permit.is_database_only)
            return _is_queued(connection, row)

    async def _take(
        self, to: Phone | EmailAddress, sender: Sender, entry: str, idempotency_key: str
    ) -> SendPermit:
        counts = _repeat_count(idempotency_key) if idempotency_key else ()
        counts += tuple(list_counts(self._table, to, sender))
        channel, values = (
            ("sms", _text_values(to, sender))
            if isinstance(to, Phone)
            else ("email", _mail_values(to, sender))
        )
        permit = partial(SendPermit, channel, entry, counts, values)
        try:
            count = await self._memory.count([counted.tally for counted in counts], entry)
        except Unavailable:
            return permit(needs_database_check=True, is_database_only=True)
        if count.reached:
            raise counts[count.reached.index].refused(count.reached)
        is_known = await self._is_all_known(count, values)
        return permit(needs_database_check=not is_known, is_database_only=False)

    async def _is_all_known(self, count: CountResult, values: dict[str, str]) -> bool:
        """Whether the short memory counts all sends of the last day that matter for this one."""
        if count.refilled is not Refilled.BUT_DELETED:
            return count.memory_age >= DAY or count.refilled is Refilled.ALL
        names = {name for value in values.values() for name in self._pseudonyms.list_names(value)}
        try:
            return not await self._memory.holds_any([of_deleted(name) for name in names])
        except Unavailable:
            return False

    async def _check_database_limits(self, connection: Connection, permit: SendPermit) -> None:
        """Inside the transaction that queues the send: what PostgreSQL knows was sent already."""
        await connection.execute(*sql.lock_sends())
        on_record = [counted for counted in permit.counts if counted.column]
        reached = await find_reached_limit(
            connection, permit.channel, on_record, permit.values, self._pseudonyms
        )
        if reached:
            raise on_record[reached.index].refused(reached)

    async def _give_back(self, permit: SendPermit) -> None:
        """After a send that did not come about. A memory gone silent keeps it counted: safe."""
        if permit.is_database_only:
            return
        with suppress(Unavailable):
            await self._memory.uncount([c.tally for c in permit.counts], permit.entry)


def _is_queued(connection: Connection, row: Record) -> bool:
    if row["id"] is None:
        return False
    connection.message_queued()
    return True


def _repeat_count(idempotency_key: str) -> tuple[CountedLimit, ...]:
    seconds = (
        idempotency_key.seconds
        if isinstance(idempotency_key, ShortIdempotencyKey)
        else IDEMPOTENCY_SECONDS
    )
    tally = Tally(f"once:{idempotency_key}", (Window(seconds, 1),))
    return (CountedLimit(tally, "", lambda reached: RepeatedSend()),)


def of_deleted(name: str) -> Tally:
    """Holds what was sent under a pseudonym, and so is in no tally that anybody looks at."""
    return Tally(f"sent_to_deleted:{name}", (Window(DAY, 1),))


def list_counts(
    table: LimitTable, to: Phone | EmailAddress, sender: Sender
) -> Iterator[CountedLimit]:
    """All limits of a send."""
    if isinstance(to, Phone):
        return _text_counts(table, to, sender)
    return _mail_counts(table, to, sender)


def _text_counts(table: LimitTable, phone: Phone, sender: Sender) -> Iterator[CountedLimit]:
    """In the order they are told: the person's own limits before everybody's."""
    number, origin = phone.e164, sender.origin
    if sender.session:
        yield _counted(table.texts_per_session, "", _too_many, "texts:session", sender.session)
        own = ("texts:own", number, "confirm", sender.opened_by)
        yield _counted(table.texts_per_own_number, "own", _too_many, *own)
    else:
        yield from _number_counts(table, phone, sender)
    address, network, region = origin.address, origin.network, phone.region
    yield _counted(table.texts_per_address, "address", _too_many, "texts:address", address)
    yield _counted(table.texts_per_network, "network", _too_many, "texts:network", network)
    yield _counted(table.for_region(region), "region", _texts_stopped, "texts:region", region)
    yield _counted(table.texts_in_all, "in_all", _texts_stopped, "texts:all", "sms")


def _number_counts(table: LimitTable, phone: Phone, sender: Sender) -> Iterator[CountedLimit]:
    """What anybody can use up, and one address not all of it."""
    number, block, share = phone.e164, phone.block, sender.origin.share
    yield _counted(table.texts_per_number, "number", _too_many, "texts:number", number)
    if not sender.is_owners:
        limit, key = table.texts_per_number_and_address, ("texts:number-address", number, share)
        yield _counted(limit, "number_and_share", _too_many, *key)
        limit, key = table.texts_per_block_and_address, ("texts:block-address", block, share)
        yield _counted(limit, "block_and_share", _too_many, *key)
    yield _counted(table.texts_per_block, "block", _too_many, "texts:block", block)


def _mail_counts(table: LimitTable, email: EmailAddress, sender: Sender) -> Iterator[CountedLimit]:
    mailbox, origin = email.mailbox, sender.origin
    if sender.session:
        yield _counted(table.mails_per_session, "", _too_many, "mails:session", sender.session)
        own = ("mails:own", mailbox, "confirm", sender.opened_by)
        yield _counted(table.mails_per_own_mailbox, "own", _too_many, *own)
    else:
        yield _counted(table.mails_per_mailbox, "mailbox", _too_many, "mails:mailbox", mailbox)
        if not sender.is_owners:
            key = ("mails:mailbox-address", mailbox, origin.share)
            limit = table.mails_per_mailbox_and_address
            yield _counted(limit, "mailbox_and_share", _too_many, *key)
    address, network = origin.address, origin.network
    yield _counted(table.mails_per_address, "address", _too_many, "mails:address", address)
    yield _counted(table.mails_per_network, "network", _too_many, "mails:network", network)
    yield _counted(table.mails_in_all, "in_all", _mails_stopped, "mails:all", "email")


def _counted(
    limit: Limit, column: str, refused: Callable[[ReachedLimit], Refusal], *key: str
) -> CountedLimit:
    return CountedLimit(limit.tally(":".join(key)), column, refused)


def _text_values(phone: Phone, sender: Sender) -> dict[str, str]:
    """What `count_texts` compares with."""
    to = {"numbers": phone.e164, "blocks": phone.block, "regions": phone.region}
    return to | _sender_values(sender)


def _mail_values(email: EmailAddress, sender: Sender) -> dict[str, str]:
    """What `count_mails` compares with."""
    return {"mailboxes": email.mailbox} | _sender_values(sender)


def _sender_values(sender: Sender) -> dict[str, str]:
    origin = sender.origin
    return {
        "addresses": origin.address,
        "networks": origin.network,
        "shares": origin.share,
        "opened_by": sender.opened_by,
    }


def _too_many(reached: ReachedLimit) -> Refusal:
    return TooSoon(reached.retry_after) if reached.waiting else TooManySends()


def _texts_stopped(reached: ReachedLimit) -> Refusal:
    return TextsStopped(retry_after=None)


def _mails_stopped(reached: ReachedLimit) -> Refusal:
    return MailsStopped(retry_after=None)
