"""Codes are asked for and sent again, once, and queued where limits have room for whoever asks."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent
from app.domain.blocks import NumberBlocked
from app.domain.delivery.rooms import Requester, Standing
from app.domain.delivery.send import Terms
from app.domain.delivery.send_limiter import IDEMPOTENCY_SECONDS, RepeatedSend, ShortIdempotencyKey
from app.domain.errors import Refusal, Unavailable
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS, TooSoon
from app.domain.limits import Origin
from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Record
from app.domain.sql import Query
from app.domain.verification.codes import (
    GUESSES,
    NONCE_BYTES,
    RESENDABLE,
    Channel,
    Contact,
    digest_contact,
)
from app.domain.verification.held import hold_flow
from app.domain.verification.pending import (
    NoCode,
    PendingCode,
    can_be_repeated,
    has_young_message,
    is_open,
    waits_at,
    was_sent_again,
)
from app.domain.verification.refused_sends import PASSED_OVER, WITHHELD, record_refused_send
from app.domain.verification.verification import Challenge, Verifications

LOOKS = 20  # for what another request is about to commit
BETWEEN = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way: a new one, or the one that the flow had before. `is_first`: it was to
    be sent again, and the flow waited for none. `by_call`: it is read out on the phone.
    """

    channel: Channel
    is_new: bool
    is_first: bool = False
    by_call: bool = False


async def request_code(codes: Verifications, challenge: Challenge, to: Contact) -> CodeSent:
    """Sends a new code, which ends the flow's earlier one. Asked again too soon nothing is sent,
    and the page of the code counts down: that of the flow's own, else it is held. Raises
    `TooManySends`, `TextsStopped`, `MailsStopped`, `Unavailable`, and `TooSoon` where there is no
    such page.
    """

    async def wait_on_page(limit: Refusal) -> bool:
        is_wait = isinstance(limit, TooSoon) and challenge.origin.counts_down
        pending = await codes.find_pending(challenge)
        if pending and waits_at(pending, to.destination):
            age = codes.channel.lifetime.total_seconds() - pending.seconds_left
            # A repetition: only the code itself tells of it where the short memory is silent.
            if is_wait or age < IDEMPOTENCY_SECONDS:
                return True
        if not (is_wait and isinstance(limit, TooSoon)):
            raise limit from None
        await hold_flow(codes, challenge, to.destination, limit)
        return True

    return await request_once(codes, challenge, to, wait_on_page)


async def request_once(
    codes: Verifications,
    challenge: Challenge,
    to: Contact,
    over_limit: Callable[[Refusal], Awaitable[bool]],
) -> CodeSent:
    """Sends a new code, where the flow has not asked for one to there within half a minute. Over a
    limit, `over_limit` refuses, or says whether a code is waited for all the same.
    """

    async def attempt(idempotency_key: str) -> bool:
        try:
            return await queue_new_code(codes, challenge, to, idempotency_key)
        except SEND_LIMITS as limit:
            return await over_limit(limit)

    async def is_requested() -> bool:
        return waits_at(await codes.find_pending(challenge), to.destination)

    key = f"{challenge.flow_id.hex()}:{challenge.purpose}:{to.destination}"
    if not await send_once(attempt, key, is_requested):
        raise Unavailable
    return CodeSent(codes.channel, is_new=True)


async def resend_code(codes: Verifications, challenge: Challenge, to: Contact) -> CodeSent:
    """Sends the same code again where that helps, else a new one: once, however often the button
    is pressed within a few seconds. Raises `NoCode` when the code was used meanwhile, `TooSoon`,
    else as `request_code`.
    """
    before = await codes.find_pending(challenge)

    async def attempt(idempotency_key: str) -> bool:
        try:
            await _send_again(codes, challenge, to, before, idempotency_key)
        except SEND_LIMITS as limit:
            # Where the short memory is silent, only what was sent tells a repetition.
            now = await codes.find_pending(challenge)
            if not was_sent_again(now, before, codes.channel.lifetime):
                raise _refusal_of_resend(codes, before, limit) from None
        return True

    async def is_sent() -> bool:
        return has_young_message(await codes.find_pending(challenge))

    key = ShortIdempotencyKey(f"{challenge.flow_id.hex()}:{challenge.purpose}:again")
    await send_once(attempt, key, is_sent)
    is_new, is_first = not can_be_repeated(before, to.destination), not is_open(before)
    return CodeSent(codes.channel, is_new, is_first)


async def resend_or_hold(codes: Verifications, challenge: Challenge, to: Contact) -> CodeSent:
    """As `resend_code`; where it is too soon, a flow that has no code and a page is held."""
    try:
        return await resend_code(codes, challenge, to)
    except TooSoon as limit:
        has_code = waits_at(await codes.find_pending(challenge), to.destination)
        if challenge.origin.counts_down and not has_code:
            await hold_flow(codes, challenge, to.destination, limit)
        raise


async def send_once(
    attempt: Callable[[str], Awaitable[bool]],
    idempotency_key: str,
    is_done: Callable[[], Awaitable[bool]],
) -> bool:
    """Whether the message is on its way: by this request, or by another with the same key, which
    is given a second to commit.
    """
    with suppress(RepeatedSend):
        if await attempt(idempotency_key):
            return True
    for _ in range(LOOKS):
        if await is_done():
            return True
        await asyncio.sleep(BETWEEN)
    # No repetition: something else was asked for, proved or spent in between.
    return await attempt("")


def _refusal_of_resend(codes: Verifications, before: PendingCode | None, limit: Refusal) -> Refusal:
    """A wait is told whoever caused it; the short memory may have forgotten what the flow sent."""
    if not isinstance(limit, TooSoon):
        return limit
    own = codes.resend_wait(before) if before else 0
    longer = TooSoon(max(own, limit.retry_after or 0))
    longer.limit = limit.limit
    return longer


async def _send_again(
    codes: Verifications, challenge: Challenge, to: Contact, before: PendingCode | None, key: str
) -> None:
    if can_be_repeated(before, to.destination):
        if await queue_same_code(codes, challenge, to, key):
            return
        # A new one now would take back what the old one has just proved.
        now = await codes.find_pending(challenge)
        if now is None or now.consumed:
            raise NoCode
    await queue_new_code(codes, challenge, to, key)


async def queue_new_code(
    codes: Verifications, challenge: Challenge, to: Contact, idempotency_key: str
) -> bool:
    """Ends the flow's earlier code. False when another request started one at the same moment."""
    return await _queue(
        codes,
        challenge,
        to,
        idempotency_key,
        codes.sql.start_code,
        AuditEvent(f"{challenge.purpose}:code_sent"),
        id=uuid7(),
        nonce=secrets.token_bytes(NONCE_BYTES),
        lifetime=codes.channel.lifetime,
    )


async def queue_same_code(
    codes: Verifications, challenge: Challenge, to: Contact, idempotency_key: str, weight: int = 1
) -> bool:
    """False where the flow's code is used, spent or nearly over. A call weighs more than a text."""
    return await _queue(
        codes,
        challenge,
        to,
        idempotency_key,
        codes.sql.resend_code,
        AuditEvent(f"{challenge.purpose}:code_{'sent_again' if weight == 1 else 'called'}"),
        counts_as=weight,
        weight=weight,
        most_guesses=GUESSES,
        least_left=RESENDABLE,
    )


async def _queue(
    codes: Verifications,
    challenge: Challenge,
    to: Contact,
    idempotency_key: str,
    query: Query,
    event: AuditEvent,
    counts_as: int = 1,
    **values: object,
) -> bool:
    """Whether `query` has queued a message; `values` are what only it takes."""
    message_id = uuid7()
    values |= challenge.parameters | {
        "message_id": message_id,
        "event": event,
        "contact": to.destination,
        "block": to.block if isinstance(to, Phone) else to.mailbox,
        "region": to.region if isinstance(to, Phone) else None,
    }
    quiet_by = set[tuple[str, str]]()

    async def queue(connection: Connection, terms: Terms) -> Record:
        if terms.quiet_by:
            quiet_by.add((WITHHELD if terms.is_withheld else PASSED_OVER, terms.quiet_by))
        [row] = await connection.fetch(*query(**terms.parameters, **values))
        return row

    try:
        requester, entry = await _requester(codes, challenge, to), str(message_id)
        is_queued = await codes.dependencies.limiter.queue_message(
            to, requester, entry, queue, idempotency_key, counts_as
        )
    except (*SEND_LIMITS, NumberBlocked) as refusal:
        await _record_refusal(codes, challenge, to, refusal.code, refusal.limit or refusal.code)
        raise
    if is_queued:
        EVENTS.add(event)
    for refused in quiet_by:
        await _record_refusal(codes, challenge, to, *refused)
    return is_queued


async def _requester(codes: Verifications, challenge: Challenge, to: Contact) -> Requester:
    if codes.to_own:
        session = challenge.flow_id.hex()
        return Requester(challenge.origin, session=session, opened_by=challenge.opened_by)
    is_signing_in = challenge.standing is Standing.SIGNING_IN
    return Requester(
        challenge.origin,
        is_owners=bool(await find_owners_device(codes, challenge.origin, to.destination)),
        opened_by=challenge.opened_by,
        standing=challenge.standing,
        has_account=is_signing_in and await _find_owner(codes, to.destination) is not None,
    )


async def find_owners_device(codes: Verifications, origin: Origin, destination: str) -> str:
    """The id of a device that the owner of the contact has signed in from; '' for any other and for
    one that was forgotten. Only for those with the cookie of one the database is asked.
    """
    known = origin.known_to(digest_contact(destination))
    if known is None:
        return ""
    owner = await _find_owner(codes, destination)
    return known.id if owner and owner["device_epoch"] == known.epoch else ""


async def _find_owner(codes: Verifications, destination: str) -> Record | None:
    async with codes.database.connection() as connection:
        return await connection.fetchrow(*codes.sql.find_owner(contact=destination))


async def _record_refusal(
    codes: Verifications, challenge: Challenge, to: Contact, refusal: str, limit: str
) -> None:
    """By its name in the table of limits."""
    with suppress(Unavailable):  # the person is refused either way
        await record_refused_send(codes, challenge, to.destination, refusal, limit)
