"""Codes are asked for and sent again: once, however often the same form arrives."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from app.domain.delivery.send_limiter import (
    IDEMPOTENCY_SECONDS,
    RepeatedSend,
    ShortIdempotencyKey,
)
from app.domain.errors import Refusal, Unavailable
from app.domain.limit_refusals import SEND_LIMITS, TooSoon
from app.domain.verification.checking import NoCode
from app.domain.verification.codes import Channel, Contact
from app.domain.verification.held import hold_flow
from app.domain.verification.queueing import queue_new_code, queue_same_code
from app.domain.verification.verification import Challenge, PendingCode, Verifications

LOOKS = 20  # for what another request is about to commit
BETWEEN = 0.05  # seconds
APART = 1.0  # seconds; a message this much younger than its code is not the first with it


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
    destination = to.destination

    async def attempt(idempotency_key: str) -> bool:
        try:
            return await queue_new_code(codes, challenge, to, idempotency_key)
        except SEND_LIMITS as limit:
            return await over_limit(limit)

    async def is_requested() -> bool:
        return waits_at(await codes.find_pending(challenge), destination)

    key = f"{challenge.flow_id.hex()}:{challenge.purpose}:{destination}"
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
            if not await _was_sent_again(codes, challenge, before):
                raise _refusal_of_resend(codes, before, limit) from None
        return True

    async def is_sent() -> bool:
        return has_young_message(await codes.find_pending(challenge))

    key = ShortIdempotencyKey(f"{challenge.flow_id.hex()}:{challenge.purpose}:again")
    await send_once(attempt, key, is_sent)
    is_new, is_first = not can_be_repeated(before, to.destination), not _is_open(before)
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


def waits_at(pending: PendingCode | None, destination: str) -> bool:
    """Whether a code to there is waited for."""
    return pending is not None and pending.destination == destination and _is_open(pending)


def can_be_repeated(pending: PendingCode | None, destination: str) -> bool:
    """Whether the same code helps once more."""
    return waits_at(pending, destination) and bool(pending and pending.can_be_resent)


def _is_open(pending: PendingCode | None) -> bool:
    return pending is not None and not pending.consumed


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


async def _was_sent_again(
    codes: Verifications, challenge: Challenge, before: PendingCode | None
) -> bool:
    """A moment ago, after the first message, or with a new code."""
    now = await codes.find_pending(challenge)
    newest = now.progress if now else None
    if now is None or newest is None or newest.age >= ShortIdempotencyKey.seconds:
        return False
    age_of_code = codes.channel.lifetime.total_seconds() - now.seconds_left
    return before is None or now.id != before.id or newest.age + APART < age_of_code


def has_young_message(pending: PendingCode | None) -> bool:
    """Whether a code that can be used was sent a moment ago."""
    if pending is None or pending.consumed or not pending.can_be_resent:
        return False
    newest = pending.progress
    return newest is not None and newest.age < ShortIdempotencyKey.seconds


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
