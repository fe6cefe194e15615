"""A recovery: an address is proved, then a new password is set, and what had the old one ends."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.concurrency import SingleFlight
from app.domain.credentials.budget import PasswordBudget
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.delivery.notices import queue_notice, queue_notice_to, queue_text_notice
from app.domain.errors import OutOfStep, TooMany
from app.domain.identity.passwords import NewPasswords, keep_password
from app.domain.identity.users import LockedContacts, end_recoveries, lock_contacts
from app.domain.limits import Origin
from app.domain.ports import Connection, Database, NotUnique
from app.domain.rollback import PHONE_OFF, Fact, roll_back
from app.domain.sessions.sessions import Sessions
from app.domain.sql import load_queries
from app.domain.verification.codes import REPLACEABLE
from app.domain.verification.pending import PendingCode

sql = load_queries(__file__, "recovery.sql")

PROOF_COUNTS = 30 * 60  # seconds


class Step(StrEnum):
    """The tail of its URL."""

    EMAIL = "email"
    EMAIL_CODE = "email-code"
    PASSWORD = "password"  # noqa: S105 - the name of a step


class Ending(StrEnum):
    """What came of a new password."""

    CHANGED = "password-reset"
    CHANGED_ELSEWHERE = "password-changed-elsewhere"  # by another form of the same recovery
    NO_ACCOUNT = "no-account"  # with this address: there never was, or it is gone


@dataclass(frozen=True, slots=True)
class ResetResult:
    """How a recovery ended, and what it took back of what was added to the account lately."""

    ending: Ending
    taken_back: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """How far a flow has come, by its newest code. All of it is in PostgreSQL. `was_rotated`: what
    that code proved is under another id by now, to which only the code itself leads.
    """

    id: bytes
    newest: PendingCode | None = None
    was_rotated: bool = False

    @property
    def step(self) -> Step:
        if self.newest is None:
            return Step.EMAIL
        if self.was_rotated or not self.newest.consumed:
            over = self.newest.seconds_left < -REPLACEABLE.total_seconds()
            return Step.EMAIL if over else Step.EMAIL_CODE
        return Step.PASSWORD if self.proof and self.proof.user_id is None else Step.EMAIL

    def require_step(self, step: Step, *, changing: bool) -> None:
        """Raises `OutOfStep` unless it is this step, or `changing` an earlier one."""
        if self.step is not step and not changing:
            raise OutOfStep(self.step)

    @property
    def proof(self) -> PendingCode | None:
        """Of the address, while it counts; its `user_id` when it has changed a password."""
        since = self.newest.since_proof if self.newest and not self.was_rotated else None
        return self.newest if since is not None and since < PROOF_COUNTS else None

    @property
    def email(self) -> str:
        """The address it is about; '' before one was named."""
        return self.newest.destination if self.newest else ""


# What the end of a recovery writes: the password, once, whoever else finishes at that moment.


async def find_phone(connection: Connection, email: str) -> str | None:
    phone: str | None = await connection.fetchval(*sql.find_phone(email=email))
    return phone


async def lock_owner(connection: Connection, email: str) -> UUID | None:
    """Whose address it is; until the transaction ends nobody signs in to that account."""
    owner: UUID | None = await connection.fetchval(*sql.lock_owner(email=email))
    return owner


async def use_proof(connection: Connection, proof_id: UUID, user_id: UUID) -> bool:
    """Whether this caller is the one who may."""
    used = sql.use_proof(id=proof_id, user_id=user_id)
    return await connection.fetchval(*used) is not None


async def end_proof(connection: Connection, proof_id: UUID) -> None:
    """It proved an address that has no account."""
    await connection.execute(*sql.end_proof(id=proof_id))


async def replace_password(connection: Connection, user_id: UUID, password_hash: str) -> None:
    await keep_password(connection, user_id)
    await connection.execute(*sql.replace_password(user_id=user_id, password_hash=password_hash))


async def record_end(
    connection: Connection, user_id: UUID, flow_id: bytes, facts: tuple[Fact, ...], network: str
) -> None:
    await record(
        connection,
        AuditEvent.RECOVERY_COMPLETED,
        user_id=user_id,
        flow_id=flow_id,
        network=network,
        taken_back=" ".join(facts),
    )


async def taken_back_by(connection: Connection, user_id: UUID, flow_id: bytes) -> tuple[Fact, ...]:
    """What `record_end` has written of that recovery."""
    facts: str | None = await connection.fetchval(
        *sql.find_taken_back(user_id=user_id, flow_id=flow_id)
    )
    return tuple(Fact(fact) for fact in (facts or "").split())


# The last step of a recovery: a new password, and everything that went with the old one ends.


class PasswordReset:
    """However often a recovery finishes, it changes one password once."""

    def __init__(
        self,
        database: Database,
        new_passwords: NewPasswords,
        credentials: Credentials,
        budget: PasswordBudget,
        sessions: Sessions,
    ) -> None:
        self._database, self._new_passwords = database, new_passwords
        self._credentials, self._budget = credentials, budget
        self._sessions = sessions
        self._single_flight = SingleFlight[ResetResult]()

    async def reset_password(self, recovery: Recovery, raw: str, device: Device) -> ResetResult:
        """Raises `OutOfStep` and what `NewPasswords` does. The same form, sent many times at once,
        costs one hash.
        """
        same_form = (recovery.id, raw)
        return await self._single_flight.run(
            same_form, lambda: self._reset_password(recovery, raw, device)
        )

    async def _reset_password(self, recovery: Recovery, raw: str, device: Device) -> ResetResult:
        proof = recovery.proof
        if proof is None:
            raise OutOfStep(recovery.step)
        if proof.user_id is None:
            password_hash = await self._hash_password(recovery.id, proof.destination, raw)
            result = await self._change_password(recovery.id, proof, password_hash, device.origin)
            if result.ending is not Ending.CHANGED_ELSEWHERE:
                return result
        return await self._repeat_ending(recovery.id, proof.destination, raw, device)

    async def _hash_password(self, flow_id: bytes, email: str, raw: str) -> str:
        async with self._database.connection() as connection:
            phone = await find_phone(connection, email)
        personal = (email, phone) if phone else (email,)
        counted = (f"recovery:{flow_id.hex()}", f"account:{email}")
        return await self._new_passwords.check_and_hash(raw, personal, counted)

    async def _change_password(
        self, flow_id: bytes, proof: PendingCode, password_hash: str, origin: Origin
    ) -> ResetResult:
        try:
            return await self._write_changes(flow_id, proof, password_hash, origin)
        except NotUnique:  # someone else got the old number at this very moment: it is left out
            return await self._write_changes(flow_id, proof, password_hash, origin)

    async def _write_changes(
        self, flow_id: bytes, proof: PendingCode, password_hash: str, origin: Origin
    ) -> ResetResult:
        """All of it in one transaction."""
        async with self._database.transaction() as connection:
            owner = await lock_owner(connection, proof.destination)
            if owner is None:
                await end_proof(connection, proof.id)
                return ResetResult(Ending.NO_ACCOUNT)
            if not await use_proof(connection, proof.id, owner):
                return ResetResult(Ending.CHANGED_ELSEWHERE)
            contacts = await lock_contacts(connection, owner)
            await end_recoveries(connection, proof.destination, but=proof.id)
            await replace_password(connection, owner, password_hash)
            await self._sessions.end_all_sessions(connection, owner, "password reset", origin)
            await self._budget.forgive_all(connection, proof.destination, origin)
            facts = await roll_back(connection, contacts, ("phone",), origin)
            await _queue_notices(connection, flow_id, contacts, facts, origin)
        return ResetResult(Ending.CHANGED, facts)

    async def _repeat_ending(
        self, flow_id: bytes, email: str, raw: str, device: Device
    ) -> ResetResult:
        """The same form a second time, whose first answer may have been lost, has changed it too.
        Looked at as a sign-in would be, and counted: nobody tries passwords here.
        """
        try:
            checked = await self._credentials.check_password(email, raw, device)
            async with self._database.transaction() as connection:
                await self._credentials.forgive_failures(connection, checked)
                facts = await taken_back_by(connection, checked.user_id, flow_id)
        except (WrongCredentials, TooMany):
            return ResetResult(Ending.CHANGED_ELSEWHERE)
        return ResetResult(Ending.CHANGED, facts)


async def _queue_notices(
    connection: Connection,
    flow_id: bytes,
    contacts: LockedContacts,
    facts: tuple[Fact, ...],
    origin: Origin,
) -> None:
    """Both contacts, since whoever did it holds at least one of them; and the number from before
    it, if that is the account's no more.
    """
    owner, network = contacts.user_id, origin.network
    await record_end(connection, owner, flow_id, facts, network)
    taken_back = " ".join(facts)
    await queue_notice(
        connection, "password_reset", owner, origin, network=network, taken_back=taken_back
    )
    await queue_text_notice(connection, "password_reset_text", owner, origin)
    if contacts.phone and not PHONE_OFF.isdisjoint(facts):
        number, template = contacts.phone, "change_undone_text"
        await queue_notice_to(connection, "sms", template, number, owner, origin)
