"""The same code, read out on the phone: for whoever waits for a text that does not come."""

from math import ceil

from app.domain.delivery.calls import HOPELESS, MENDED, WEIGHT
from app.domain.delivery.outbox import Progress, State
from app.domain.delivery.send_limiter import ShortIdempotencyKey
from app.domain.errors import Conflict
from app.domain.i18n import _
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS, TooSoon
from app.domain.limits import Origin
from app.domain.verification.pending import NoCode, PendingCode, waits_at
from app.domain.verification.sending import CodeSent, queue_same_code, send_once
from app.domain.verification.verification import Challenge, Verifications

AFTER = 30.0  # seconds that a text is given to arrive
LOST = (State.FAILED, State.REFUSED, State.EXPIRED, State.CANCELLED)


class CallNotOffered(Conflict):
    """Nothing can call, a call has been made within the hour, or none would get through."""

    code = "call_not_offered"
    message = _("We can’t call you with this code right now.")


def call_wait(codes: Verifications, pending: PendingCode | None, origin: Origin) -> int | None:
    """Seconds until somebody who waits for a text may be called: none are left once it failed for a
    reason that no call has. None where they are not called, since nothing can call, or the room
    that is left has none for a call.
    """
    newest = pending.progress if pending else None
    if pending is None or newest is None or newest.reason in HOPELESS:
        return None
    is_waited_for = waits_at(pending, pending.destination) and pending.can_be_resent
    has_room = codes.sends_left(pending, origin) >= WEIGHT
    if not (codes.can_call and is_waited_for and has_room):
        return None
    if _is_mended(newest):
        return 0
    return max(0, ceil(AFTER - (pending.since_last_send or 0.0)))


async def call_instead(codes: Verifications, challenge: Challenge, to: Phone) -> CodeSent:
    """Queues a call with the flow's code: once, however often the button is pressed within a few
    seconds. Raises `CallNotOffered`, `NoCode` when the code was used meanwhile, `TooSoon`, else as
    `request_code`.
    """

    async def is_called() -> bool:
        pending = await codes.find_pending(challenge)
        newest = pending.progress if pending else None
        return newest is not None and newest.is_call and newest.age < ShortIdempotencyKey.seconds

    async def attempt(idempotency_key: str) -> bool:
        await _check_wait(codes, challenge)
        try:
            return await queue_same_code(codes, challenge, to, idempotency_key, WEIGHT)
        except SEND_LIMITS:
            # Where the short memory is silent, only what was sent tells a repetition.
            if not await is_called():
                raise
        return True

    key = ShortIdempotencyKey(f"{challenge.flow_id.hex()}:{challenge.purpose}:call")
    if not (await is_called() or await send_once(attempt, key, is_called)):
        raise NoCode
    return CodeSent(codes.channel, is_new=False, by_call=True)


async def _check_wait(codes: Verifications, challenge: Challenge) -> None:
    pending = await codes.find_pending(challenge)
    wait = call_wait(codes, pending, challenge.origin)
    if wait is None:
        raise CallNotOffered
    if wait:
        raise TooSoon(wait)


def _is_mended(newest: Progress) -> bool:
    """Whether a call may get through where that text did not."""
    if newest.is_call or newest.state not in LOST:
        return False
    return newest.reason is None or newest.reason in MENDED
