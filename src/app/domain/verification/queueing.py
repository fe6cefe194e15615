"""The message that carries a code: queued with the code, where the limits of sends have room."""

import secrets
from contextlib import suppress

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, current_request
from app.domain.blocks import NumberBlocked
from app.domain.delivery.rooms import Requester, Standing
from app.domain.delivery.send import Terms
from app.domain.errors import Unavailable
from app.domain.i18n import current_reader
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS
from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Record
from app.domain.sql import Query
from app.domain.verification.codes import GUESSES, NONCE_BYTES, RESENDABLE, Contact
from app.domain.verification.refused_sends import (
    PASSED_OVER,
    WITHHELD,
    record_refused_send,
)
from app.domain.verification.verification import Challenge, Verifications


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
    values |= {"message_id": message_id, "event": event, **_message_values(challenge, to)}
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
    device = await codes.find_owners_device(challenge.origin, to.destination)
    standing = challenge.standing
    has_account = standing is Standing.SIGNING_IN and await codes.has_owner(to.destination)
    return Requester(
        challenge.origin,
        is_owners=bool(device),
        opened_by=challenge.opened_by,
        standing=standing,
        has_account=has_account,
    )


async def _record_refusal(
    codes: Verifications, challenge: Challenge, to: Contact, refusal: str, limit: str
) -> None:
    """By its name in the table of limits."""
    with suppress(Unavailable):  # the person is refused either way
        await record_refused_send(codes, challenge, to.destination, refusal, limit)


def _message_values(challenge: Challenge, to: Contact) -> dict[str, object]:
    return {
        "flow_id": challenge.flow_id,
        "purpose": challenge.purpose,
        "opened_by": challenge.opened_by,
        "contact": to.destination,
        "block": to.block if isinstance(to, Phone) else to.mailbox,
        "region": to.region if isinstance(to, Phone) else None,
        "address": challenge.origin.address,
        "network": challenge.origin.network,
        "request_id": current_request.get() or None,
        **current_reader(),
    }
