"""Undoing a change: whoever got our mail at the old address, and proves something else that the
account had before, puts the old number or address back.
"""

from hashlib import sha256
from typing import Never
from uuid import UUID

from app.domain.account.changes import queue_undo_notices, queue_undo_started_notices, sql
from app.domain.account.undoable import (
    Change,
    EarlierIdentities,
    UndoLinks,
    UnknownUndo,
    find_change,
)
from app.domain.audit import AuditEvent, record
from app.domain.credentials.budget import PasswordBudget
from app.domain.credentials.device import Device
from app.domain.delivery.rooms import Standing
from app.domain.errors import Conflict, Rejected, Unauthenticated
from app.domain.i18n import _
from app.domain.identity.hashing import Busy, PasswordHashing
from app.domain.identity.passwords import MOST_BYTES
from app.domain.identity.phone import Phone
from app.domain.identity.provider import ExternalIdentity
from app.domain.identity.users import LockedContacts, lock_contacts
from app.domain.limits import Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database, NotUnique
from app.domain.rollback import BACK, GONE, Fact, roll_back
from app.domain.sessions.sessions import Sessions
from app.domain.verification.calling import call_instead
from app.domain.verification.checking import check_code
from app.domain.verification.pending import NoCode, PendingCode
from app.domain.verification.sending import CodeSent, resend_code
from app.domain.verification.verification import Challenge, Verifications

UNDONE = "change-undone"  # the notice that it was


class UndoNotBegun(Conflict):
    code = "undo_not_begun"
    message = _("Open the link from our e-mail and press its button first.")


class WrongFormerPassword(Rejected):
    code = "wrong_former_password"
    field = "password"
    message = _("That isn’t the password you had before the change. Try again, or use a text code.")


class Undo:
    """The link alone undoes nothing: who left a hacked mailbox would be thrown out by whoever reads
    it now. `codes` are the texts by which it is confirmed, `identities` the sign-ins.
    """

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        links: UndoLinks,
        phones: Verifications,
        identities: EarlierIdentities,
        passwords: PasswordHashing,
        budget: PasswordBudget,
    ) -> None:
        self._database, self._sessions, self._links = database, sessions, links
        self.codes, self.identities = phones, identities
        self._passwords, self._budget = passwords, budget

    async def read_change(self, token: str) -> Change:
        """Raises `UnknownUndo`."""
        change_id = self._links.read(token)
        async with self._database.connection() as connection:
            return await find_change(connection, change_id)

    def make_token(self, change_id: UUID) -> str:
        return self._links.make_token(change_id)

    async def begin_undo(self, token: str, origin: Origin) -> None:
        """From now on it waits for its proof, and those who have the account are told. The same
        twice is the same once. Raises `UnknownUndo` and what `Change.check` does.
        """
        seen = await self.read_change(token)
        async with self._database.transaction() as connection:
            contacts = await _locked_contacts(connection, seen)
            change = await find_change(connection, seen.id)
            change.check()
            if await connection.fetchval(*sql.begin_undo(change_id=change.id)):
                await _record(connection, AuditEvent.ACCOUNT_UNDO_BEGUN, change, origin)
                await queue_undo_started_notices(connection, contacts, origin)

    async def send_code(
        self, token: str, flow_id: bytes, origin: Origin, *, by_call: bool = False
    ) -> CodeSent:
        """Texts a code to the number from before, or calls it with the one that was texted. Raises
        as `confirm_by_code`, and what `resend_code` and `call_instead` do.
        """
        change = await self.read_begun_change(token)
        if change.texted is None:
            raise NoCode
        send = call_instead if by_call else resend_code
        challenge = _challenge(change, flow_id, origin)
        return await send(self.codes, challenge, Phone.from_e164(change.texted))

    async def find_pending(
        self, change: Change, flow_id: bytes, origin: Origin
    ) -> PendingCode | None:
        """The code that was texted in this browser and not used yet."""
        pending = await self.codes.find_pending(_challenge(change, flow_id, origin))
        return None if pending is None or pending.consumed else pending

    async def submit_proof(
        self, token: str, flow_id: bytes, device: Device, *, code: str, password: str
    ) -> Outcome[Never]:
        """A code when one is given, else the password. Raises what `confirm_by_code` and
        `confirm_by_password` do.
        """
        if code:
            return await self.confirm_by_code(token, flow_id, code, device.origin)
        return await self.confirm_by_password(token, password, device)

    async def confirm_by_code(
        self, token: str, flow_id: bytes, raw: str, origin: Origin
    ) -> Outcome[Never]:
        """The old value is back, what else was added that week is taken back, and every session of
        the person has ended. What else it was is told. Raises `UnknownUndo`, `UndoNotBegun`, and
        what `Change.check` and `check_code` do.
        """
        change = await self.read_begun_change(token)
        pending = await self.find_pending(change, flow_id, origin)
        if pending is None or pending.destination != change.texted:
            raise NoCode
        await check_code(self.codes, _challenge(change, flow_id, origin), pending, raw)
        return await self._undo_change(change, origin, pending)

    async def confirm_by_password(self, token: str, raw: str, device: Device) -> Outcome[Never]:
        """The same by the password from before. Raises `WrongFormerPassword`, `PasswordLocked`,
        `TooManyPasswords`, `Busy` too.
        """
        change = await self.read_begun_change(token)
        if not raw:
            raise WrongFormerPassword(_("Enter the password you had before the change."))
        counted_by = (*change.contacts, str(change.user_id))[0]
        attempt, _owner = await self._budget.take_attempt(counted_by, device)
        too_long = len(raw.encode()) > MOST_BYTES
        stored = change.password_hash or self._passwords.decoy
        try:
            right = await self._passwords.verify_password(stored, "" if too_long else raw)
        except Busy:
            await self._budget.undo_attempt(attempt)
            raise
        if not right or change.password_hash is None:
            await self._budget.record_refusal(attempt, device.origin)
            raise WrongFormerPassword
        await self._budget.release_attempt(attempt)
        return await self._undo_change(change, device.origin, None)

    async def confirm_by_provider(
        self, token: str, external_identity: ExternalIdentity, origin: Origin
    ) -> Outcome[Never]:
        """The same by who came back from the provider just now. Raises `NotEarlierIdentity` and
        `SameMailbox` too.
        """
        change = await self.read_begun_change(token)
        await self.identities.check(change.id, external_identity)
        return await self._undo_change(change, origin, None)

    async def read_begun_change(self, token: str) -> Change:
        """One that waits for its proof. Raises `UnknownUndo`, `UndoNotBegun`, and what
        `Change.check` does.
        """
        change = await self.read_change(token)
        change.check()
        if not change.begun:
            raise UndoNotBegun
        return change

    async def _undo_change(
        self, change: Change, origin: Origin, proof: PendingCode | None
    ) -> Outcome[Never]:
        try:
            facts = await self._put_back(change, origin, proof)
        except NotUnique:  # another account got something at this very moment: it is left out
            facts = await self._put_back(change, origin, proof)
        return Outcome(notices=(UNDONE, *facts))

    async def _put_back(
        self, seen: Change, origin: Origin, proof: PendingCode | None
    ) -> tuple[Fact, ...]:
        async with self._database.transaction() as connection:
            contacts = await _locked_contacts(connection, seen)
            change = await find_change(
                connection, seen.id
            )  # again, now that nobody else changes it
            change.check()
            if proof and not await self.codes.consume_code(connection, proof):
                raise NoCode
            facts = await roll_back(
                connection, contacts, ("phone", "email"), origin, since=change.since, password=True
            )
            await self._sessions.end_all_sessions(
                connection, change.user_id, "change undone", origin
            )
            for contact in change.contacts:
                await self._budget.forgive_all(connection, contact, origin)
            await connection.execute(*sql.forget_removed_identities(user_id=change.user_id))
            await _record(connection, AuditEvent.ACCOUNT_CHANGE_UNDONE, change, origin)
            asked_for = (GONE if change.old_value is None else BACK)[change.kind]
            others = tuple(fact for fact in facts if fact is not asked_for)
            await queue_undo_notices(connection, change.user_id, change.kind, others, origin)
            return others


async def _locked_contacts(connection: Connection, change: Change) -> LockedContacts:
    try:
        return await lock_contacts(connection, change.user_id)
    except Unauthenticated:
        raise UnknownUndo from None


async def _record(
    connection: Connection, event: AuditEvent, change: Change, origin: Origin
) -> None:
    await record(
        connection, event, user_id=change.user_id, network=origin.network, kind=change.kind
    )


def _challenge(change: Change, flow_id: bytes, origin: Origin) -> Challenge:
    """Who asks: this browser, about this change of its person's."""
    asked = sha256(b"undo" + change.id.bytes + flow_id).digest()
    return Challenge(asked, "undo", origin, standing=Standing.MEMBER)
