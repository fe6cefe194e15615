"""Rollback: what was added to an account lately is taken back, because its owner has just proved
that it is theirs and an intruder may have added it.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.delivery.notices import queue_notice, queue_text_notice
from app.domain.i18n import _
from app.domain.identity.users import (
    Kind,
    LockedContacts,
    doubt_phone,
    give_up,
    is_taken,
    lock_contacts,
    replace_contact,
)
from app.domain.limits import Origin
from app.domain.ports import Connection
from app.domain.sql import load_queries

sql = load_queries(__file__, "rollback.sql")


class Fact(StrEnum):
    """What was taken back, or could not be. The value is a key of `SENTENCES`."""

    PHONE_BACK = "phone-back"
    PHONE_GONE = "phone-gone"
    PHONE_TAKEN = "phone-taken"
    PHONE_LEFT = "phone-left"
    EMAIL_BACK = "email-back"
    EMAIL_GONE = "email-gone"
    EMAIL_TAKEN = "email-taken"
    EMAIL_LEFT = "email-left"
    IDENTITIES_GONE = "identities-gone"
    PASSWORD_GONE = "password-gone"  # noqa: S105 - what became of it


# As pages and mails say it. No contact is named: mails wait in the outbox.
SENTENCES = {
    Fact.PHONE_BACK: _("Your phone number from before is back."),
    Fact.PHONE_GONE: _("The phone number that was added recently no longer opens your account."),
    Fact.PHONE_TAKEN: _(
        "Your phone number was changed recently. The one from before"
        " belongs to another account now, so your account has no number."
    ),
    Fact.PHONE_LEFT: _(
        "Your phone number was changed recently. It stays that way: the"
        " one from before can’t come back, and your account has no e-mail address."
    ),
    Fact.EMAIL_BACK: _("Your e-mail address from before is back."),
    Fact.EMAIL_GONE: _("The e-mail address that was added recently no longer opens your account."),
    Fact.EMAIL_TAKEN: _(
        "Your e-mail address was changed recently. The one from before"
        " belongs to another account now, so your account has no e-mail address."
    ),
    Fact.EMAIL_LEFT: _(
        "Your e-mail address was changed recently. It stays that way: the"
        " one from before can’t come back, and your account has no phone number to sign in with."
    ),
    Fact.IDENTITIES_GONE: _("Linked logins that were added recently no longer open your account."),
    Fact.PASSWORD_GONE: _(
        "Your password was changed recently, so the password from then no longer works."
    ),
}
BACK: dict[Kind, Fact] = {"phone": Fact.PHONE_BACK, "email": Fact.EMAIL_BACK}
GONE: dict[Kind, Fact] = {"phone": Fact.PHONE_GONE, "email": Fact.EMAIL_GONE}
TAKEN: dict[Kind, Fact] = {"phone": Fact.PHONE_TAKEN, "email": Fact.EMAIL_TAKEN}
LEFT: dict[Kind, Fact] = {"phone": Fact.PHONE_LEFT, "email": Fact.EMAIL_LEFT}
OTHER: dict[Kind, Kind] = {"phone": "email", "email": "phone"}
PHONE_OFF = frozenset({Fact.PHONE_BACK, Fact.PHONE_GONE, Fact.PHONE_TAKEN})


async def roll_back(
    connection: Connection,
    contacts: LockedContacts,
    kinds: Sequence[Kind],
    origin: Origin,
    *,
    since: datetime | None = None,
    password: bool = False,
) -> tuple[Fact, ...]:
    """In the transaction that ends all sessions. `kinds` leaves out the contact by which the owner
    proved who they are; what came after `since` goes, else what did in the last seven days; with
    `password` a new password goes too. Raises `NotUnique` when another account gets an old contact
    at this very moment; a second try leaves that one out.
    """
    await drop_pending_changes(connection, contacts.user_id, origin)
    since = since or await connection.fetchval(*sql.week_ago())
    facts = [fact for kind in kinds if (fact := await _put_back(connection, contacts, kind, since))]
    user_id = contacts.user_id
    if await connection.fetch(*sql.unlink_identities(user_id=user_id, since=since)):
        facts.append(Fact.IDENTITIES_GONE)
    if password:
        dropped = sql.drop_new_password(user_id=user_id, since=since)
        if await connection.fetchval(*dropped):
            facts.append(Fact.PASSWORD_GONE)
    await connection.execute(*sql.forget_devices(user_id=user_id))
    if facts:
        taken_back = " ".join(facts)
        await record(
            connection,
            AuditEvent.ACCOUNT_ROLLED_BACK,
            user_id=contacts.user_id,
            network=origin.network,
            taken_back=taken_back,
        )
    return tuple(facts)


async def drop_pending_changes(connection: Connection, user_id: UUID, origin: Origin) -> None:
    """Nothing happens that was asked for without the phone and waits: whoever has proved more than
    that has decided otherwise. Both contacts are told. In a transaction that has locked the person.
    """
    dropped = await connection.fetch(*sql.drop_waiting(user_id=user_id))
    for row in dropped:
        await record(connection, stopped(row["kind"]), user_id=user_id, network=origin.network)
    if dropped:
        await queue_stop_notices(connection, user_id, origin)


async def queue_stop_notices(connection: Connection, user_id: UUID, origin: Origin) -> None:
    """Both contacts: who stopped it may be the one who should not."""
    await queue_notice(connection, "change_stopped", user_id, origin)
    await queue_text_notice(connection, "change_stopped_text", user_id, origin)


def stopped(kind: str) -> AuditEvent:
    """The event, when such a thing waits no longer."""
    return (
        AuditEvent.ACCOUNT_CONFIRMATION_STOPPED
        if kind == "confirmation"
        else AuditEvent(f"account:{kind}_change_stopped")
    )


def describe_facts(names: str) -> str:
    """Those that a notice keeps as one paragraph; '' for none. The release before kept that."""
    facts = names.split()
    return " ".join(str(SENTENCES[Fact(each)]) for each in facts) if {*facts} <= {*Fact} else names


async def _put_back(
    connection: Connection, was: LockedContacts, kind: Kind, since: datetime
) -> Fact | None:
    """A new one whose earlier one cannot come back goes too, unless it is all that is left."""
    contacts = await lock_contacts(connection, was.user_id)  # the other kind may be gone since
    changes = {"user_id": contacts.user_id, "kind": kind, "since": since}
    row = await connection.fetchrow(*sql.find_earlier_value(**changes))
    if row is None:
        return None
    earlier, doubted_at = row["old_value"], row["old_doubted_at"]
    if earlier == contacts.value(kind):  # it was changed back meanwhile, which ends no doubt
        if doubted_at:
            await doubt_phone(connection, contacts.user_id, doubted_at)
        await connection.execute(*sql.mark_undone(**changes))
        return None
    taken = earlier is not None and await is_taken(connection, kind, earlier)
    is_back = earlier is not None and not taken
    if is_back:
        await replace_contact(connection, contacts, kind, earlier, doubted_at)
    elif contacts.value(OTHER[kind]) is None:
        return LEFT[kind]
    else:
        await give_up(connection, contacts, kind)
    await connection.execute(*sql.mark_undone(**changes))
    return BACK[kind] if is_back else TAKEN[kind] if taken else GONE[kind]
