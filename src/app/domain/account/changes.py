"""What a change of a number or address writes, forth and back, and who is told of it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.delivery.notices import queue_notice_to, queue_text_notice
from app.domain.errors import Unauthenticated
from app.domain.limits import Origin
from app.domain.ports import Connection

Kind = Literal["phone", "email"]  # the column of `users`, too

HOLD = "SELECT phone, email FROM users WHERE id = $1 FOR UPDATE"
TAKEN = "SELECT EXISTS (SELECT 1 FROM users WHERE {kind} = $1)"
PUT = "UPDATE users SET {kind} = $2 WHERE id = $1"
ADD = """
INSERT INTO contact_changes (id, user_id, kind, old_value, new_value) VALUES ($1, $2, $3, $4, $5)
"""
# Whoever proved a number for a sign-up is let into the account that has it. That was proved before
# the number was this account's, so they prove it anew.
FORGET_PROOFS = """
UPDATE phone_verifications SET ended_at = clock_timestamp()
WHERE phone = $1 AND purpose = 'signup' AND consumed_at IS NOT NULL AND ended_at IS NULL
  AND user_id IS NULL
"""
# A code by which the owner of a contact confirmed or recovered something proves nothing once it is
# no longer theirs. One that is being used now may win: waiting for it could be waiting for us.
END_CODES = """
UPDATE {kind}_verifications SET ended_at = clock_timestamp() WHERE id IN (
  SELECT id FROM {kind}_verifications
  WHERE {kind} = $1 AND ended_at IS NULL AND user_id IS NULL
    AND purpose <> 'signup' AND purpose NOT LIKE 'change-%'
  FOR UPDATE SKIP LOCKED
)
"""
# Who is told by mail: the address there is now ($2), and those of the week in which a change can be
# undone, so that who takes an account over and changes its address twice keeps nothing from the
# owner. Only a settled address is sent the link: the account's for a week at a stretch, or before
# any change we know of. Else the one that an intruder put there could undo the owner's remedy.
ADDRESSES = """
WITH changes AS (
  SELECT old_value, new_value, changed_at FROM contact_changes
  WHERE user_id = $1 AND kind = 'email' AND undone_at IS NULL
),
told AS (
  SELECT old_value AS address FROM changes WHERE changed_at > clock_timestamp() - interval '7 days'
  UNION SELECT $2
)
SELECT address, (
  SELECT c.new_value FROM changes c WHERE address IN (c.old_value, c.new_value)
  ORDER BY c.changed_at LIMIT 1
) IS DISTINCT FROM address OR EXISTS (
  SELECT 1 FROM changes c
  WHERE c.new_value = address AND c.changed_at < clock_timestamp() - interval '7 days'
    AND NOT EXISTS (
      SELECT 1 FROM changes l WHERE l.old_value = address
        AND l.changed_at BETWEEN c.changed_at AND c.changed_at + interval '7 days'
    )
) AS settled
FROM told ORDER BY address
"""


@dataclass(frozen=True, slots=True)
class Held:
    """The contacts of an account, which nobody else can change before the transaction ends."""

    user_id: UUID
    phone: str
    email: str

    def value(self, kind: Kind) -> str:
        return self.phone if kind == "phone" else self.email


async def hold(connection: Connection, user_id: UUID) -> Held:
    """Before anything else of the account is locked. Raises `Unauthenticated`."""
    row = await connection.fetchrow(HOLD, user_id)
    if row is None:
        raise Unauthenticated  # the account was deleted a moment ago
    return Held(user_id, row["phone"], row["email"])


async def is_taken(connection: Connection, kind: Kind, value: str) -> bool:
    taken: bool = await connection.fetchval(TAKEN.format(kind=kind), value)
    return taken


async def put(connection: Connection, held: Held, kind: Kind, value: str) -> None:
    """Raises `NotUnique` when another account gets it at this very moment."""
    if kind == "phone":
        # First: a sign-up that finishes now holds its proof while it waits for the number.
        await connection.execute(FORGET_PROOFS, value)
    await connection.execute(END_CODES.format(kind=kind), held.value(kind))
    await connection.execute(PUT.format(kind=kind), held.user_id, value)


async def add(connection: Connection, held: Held, kind: Kind, value: str) -> UUID:
    """The id of the change, by which it can be undone."""
    change_id = uuid7()
    await connection.execute(ADD, change_id, held.user_id, kind, held.value(kind), value)
    return change_id


async def tell_of_change(
    connection: Connection, held: Held, kind: Kind, value: str, change_id: UUID, origin: Origin
) -> None:
    """The old contact and the other one. `held` is what was there before, `value` is new; the
    change was added already.
    """
    if kind == "phone":
        await queue_notice_to(connection, "sms", "phone_changed_text", held.phone, origin)
    else:
        await queue_text_notice(connection, "email_changed_text", held.user_id, origin)
    for row in await connection.fetch(ADDRESSES, held.user_id, held.email):
        if row["address"] != value:
            undo = {"change": str(change_id)} if row["settled"] else {}
            await queue_notice_to(
                connection, "email", f"{kind}_changed", row["address"], origin, **undo
            )


async def tell_of_undo(
    connection: Connection, held: Held, kind: Kind, value: str, origin: Origin
) -> None:
    """Everybody concerned. `held` is what was there before it, `value` is back."""
    what = "phone number" if kind == "phone" else "e-mail address"
    phones, addresses = {held.phone}, {held.email}
    (phones if kind == "phone" else addresses).add(value)
    for phone in sorted(phones):
        await queue_notice_to(connection, "sms", "change_undone_text", phone, origin)
    for address in sorted(addresses):
        await queue_notice_to(connection, "email", "change_undone", address, origin, what=what)
