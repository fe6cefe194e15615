"""Messages that were asked for and not sent, since a limit was reached. Each counts as a send in
all that its flow is told. No row is written for a code of theirs until someone guesses at it, else
whoever is over a limit could fill the table.
"""

import secrets
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, time
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from app.domain.delivery.outbox import LEAST_LEFT, ON_ITS_WAY, Progress, State
from app.domain.delivery.send_limiter import ShortIdempotencyKey
from app.domain.delivery.senders import CircuitBreaker
from app.domain.errors import Refusal, Unavailable
from app.domain.limit_refusals import TooManySends, TooSoon
from app.domain.limits import HOUR
from app.domain.ports import Tally, Window
from app.domain.verification.codes import GUESSES, NONCE_BYTES, REPLACEABLE, Contact
from app.domain.verification.pending import PendingCode, can_be_repeated, waits_at
from app.domain.verification.sending import CodeSent, request_once, resend_code
from app.domain.verification.verification import Challenge, Verifications

MOST_KEPT = 20  # of a flow's messages; more than a mailbox gets in a day
MOST_FLOWS = 200  # an hour and network, that each have an entry of the short memory
MOST_ROWS = 20  # an hour and network
MOST_NETWORKS = 10_000
GIVEN_UP = 5.0  # seconds after which one is that got no answer each time (`delivery/outbox.py`)


class UnsentCode(msgspec.Struct):
    """The code that was asked for last. `sent`: to where the flow's newest messages would have gone
    out, and when, in seconds since 1970. `has_row`: the code is in the table. `resent`: it was
    asked for by the button of its page.
    """

    id: UUID
    destination: str
    expires_at: datetime
    sent: list[tuple[str, float]]
    has_row: bool = False
    resent: bool = False


class UnsentRows:
    """How many codes without a message a network has had a row of, within the hour: in the memory
    of this process, for when the short memory is silent.
    """

    def __init__(self) -> None:
        self._written: OrderedDict[str, list[float]] = OrderedDict()

    def take_room(self, network: str) -> None:
        """For one more. Raises `Unavailable`."""
        now = monotonic()
        written = [at for at in self._written.get(network, ()) if at > now - HOUR]
        if len(written) >= MOST_ROWS:
            raise Unavailable
        self._written[network] = [*written, now]
        self._written.move_to_end(network)
        if len(self._written) > MOST_NETWORKS:
            self._written.popitem(last=False)


class UnsentCodes:
    """Sends one channel's codes as `sending.py` does, for flows that tell of no limit but their
    own: over another nothing is sent, and nothing looks different (contract 9.9). Kept in the short
    memory, for as long as the page of a code would live.
    """

    def __init__(self, codes: Verifications) -> None:
        self._codes, self._memory = codes, codes.dependencies.memory
        self._lifetime, self._rows = codes.channel.lifetime, UnsentRows()

    async def request_code(self, challenge: Challenge, to: Contact) -> CodeSent:
        """As `request_code`. What the flow has sent there a moment ago stays as it is; else there
        is a new code, that may be sent when the limit has room again. Raises `Unavailable`.
        """
        destination = to.destination

        async def leave_unsent(limit: Refusal) -> bool:
            newest = await self.count_unsent(challenge, await self._codes.find_pending(challenge))
            if newest and waits_at(newest, destination) and self._codes.resend_wait(newest):
                return True
            return await self._leave(challenge, destination)

        return await request_once(self._codes, challenge, to, leave_unsent)

    async def resend_code(self, challenge: Challenge, to: Contact, shown: PendingCode) -> CodeSent:
        """As `resend_code`. What others have used up looks like a send; the flow's own limits, by
        the code that was `shown`, are told.
        """
        channel, destination = self._codes.channel, to.destination
        sent = CodeSent(channel, is_new=not can_be_repeated(shown, destination))
        wait = self._codes.resend_wait(shown)
        is_over_own = wait > 0 or not self._codes.sends_left(shown, challenge.origin)
        if shown.since_unsent is not None and is_over_own:
            if shown.since_unsent < ShortIdempotencyKey.seconds and shown.unsent_again:
                return sent  # the button was pressed twice by mistake
            raise own_wait(self._codes, shown)
        try:
            await resend_code(self._codes, challenge, to)
        except (TooSoon, TooManySends) as limit:
            if is_over_own:
                raise own_wait(self._codes, shown) from limit
            await self._leave(challenge, destination, shown)
        return sent

    async def count_unsent(
        self, challenge: Challenge, newest: PendingCode | None
    ) -> PendingCode | None:
        """The code the flow waits for, with what was not sent counted as sent; `newest` is the one
        of which there is a row.
        """
        kept = None
        with suppress(Unavailable):
            kept = await self._kept(challenge)
        if kept and _follows(kept, newest):
            newest = _without_row(kept, newest)
        if newest is None:
            return None
        sent = kept.sent if kept else []
        ages = [time() - at for to, at in sent if to == newest.destination]
        if not ages and newest.since_last_send is None:  # begun while the short memory was silent
            ages = [self._lifetime.total_seconds() - newest.seconds_left]
        return _with_unsent(newest, ages, kept) if ages else newest

    async def _leave(
        self, challenge: Challenge, destination: str, resent: PendingCode | None = None
    ) -> bool:
        """False when another request started one at the same moment. Raises `Unavailable` where the
        network has had as many of them as it may; fewer while the short memory is silent.
        """
        network = challenge.origin.network
        flows = Tally(f"left_unsent:{network}", (Window(HOUR, MOST_FLOWS),))
        try:
            count = await self._memory.count([flows], _key(challenge))
            if not count.reached:
                await self._add(challenge, destination, resent)
        except Unavailable:
            self._rows.take_room(network)
            return await start_unsent(self._codes, challenge, destination)
        if count.reached:
            raise Unavailable
        return True

    async def _add(
        self, challenge: Challenge, destination: str, resent: PendingCode | None
    ) -> None:
        """As if a message had been sent: with the code of `resent` again where that helps, else
        with a new one, of which there is no row. Raises `Unavailable`.
        """
        kept, now = await self._kept(challenge), time()
        sent = [(to, at) for to, at in kept.sent if at > now - HOUR] if kept else []
        code = UnsentCode(
            uuid7(),
            destination,
            datetime.now(UTC) + self._lifetime,
            [*sent, (destination, now)][-MOST_KEPT:],
            resent=resent is not None,
        )
        if resent and resent.can_be_resent:
            code.id, code.expires_at = resent.id, resent.expires_at
            code.has_row = not resent.unsent
        lifetime = self._lifetime + REPLACEABLE
        await self._memory.put(_key(challenge), msgspec.json.encode(code), lifetime)

    async def _kept(self, challenge: Challenge) -> UnsentCode | None:
        raw = await self._memory.get(_key(challenge))
        return msgspec.json.decode(raw, type=UnsentCode) if raw else None


def own_wait(codes: Verifications, pending: PendingCode) -> Refusal:
    """In the place of `TooSoon`, for flows that tell of no message but their own: a wait that
    others cause is a limit like any other, without a number.
    """
    own = codes.resend_wait(pending)
    return TooSoon(own) if own else TooManySends()


async def start_unsent(codes: Verifications, challenge: Challenge, destination: str) -> bool:
    """As `request_code`, but for the message: it can be sent later, like any other code's. Whether
    it was this request that started it.
    """
    async with codes.database.connection() as connection:
        started = await connection.fetchval(
            *codes.sql.start_unsent_code(
                flow_id=challenge.flow_id,
                purpose=challenge.purpose,
                id=uuid7(),
                nonce=secrets.token_bytes(NONCE_BYTES),
                contact=destination,
                lifetime=codes.channel.lifetime,
                most_guesses=GUESSES,
            )
        )
    return started is not None


def shown_progress(pending: PendingCode, mail: CircuitBreaker) -> Progress | None:
    """What became of the newest message, where one that was not sent is like any other: how soon
    either is told as sent is the same, and that it was delivered is told of none.
    """
    sent, since = pending.progress, pending.since_unsent
    if since is None or (sent and sent.age < since):
        if sent and sent.state in (State.SENT, State.DELIVERED):
            state = State.QUEUED if sent.age < ON_ITS_WAY else State.SENT
            return replace(sent, state=state, since=sent.age)
        return sent
    if not mail.has_failed_for(since):
        state = State.QUEUED if since < ON_ITS_WAY else State.SENT
        return Progress(state, None, False, since, since)
    is_unsure = mail.unsure and since >= GIVEN_UP and not mail.tripped
    is_given_up = is_unsure or pending.seconds_left <= LEAST_LEFT
    return Progress(State.FAILED if is_given_up else State.QUEUED, None, is_unsure, since)


def _follows(kept: UnsentCode, newest: PendingCode | None) -> bool:
    """Whether its code was asked for after that of which there is a row."""
    if newest is None:
        return not kept.has_row
    return kept.id != newest.id and kept.expires_at > newest.expires_at


def _with_unsent(pending: PendingCode, ages: list[float], kept: UnsentCode | None) -> PendingCode:
    since = ages[-1]
    last = pending.since_last_send
    return replace(
        pending,
        sent_this_hour=pending.sent_this_hour + len(ages),
        sent_today=pending.sent_today + len(ages),
        since_last_send=since if last is None else min(since, last),
        since_unsent=since,
        unsent_again=kept is not None and kept.id == pending.id and kept.resent,
    )


def _without_row(kept: UnsentCode, before: PendingCode | None) -> PendingCode:
    """With what was sent of the one before it, if that was to the same address."""
    if before and before.destination != kept.destination:
        before = None
    return PendingCode(
        id=kept.id,
        destination=kept.destination,
        attempts=0,
        expires_at=kept.expires_at,
        consumed=False,
        user_id=None,
        seconds_left=(kept.expires_at - datetime.now(UTC)).total_seconds(),
        sent_this_hour=before.sent_this_hour if before else 0,
        sent_today=before.sent_today if before else 0,
        since_last_send=before.since_last_send if before else None,
        since_last_guess=None,
        since_proof=None,
        unsent=True,
    )


def _key(challenge: Challenge) -> str:
    return f"unsent:{challenge.purpose}:{challenge.flow_id.hex()}"
