"""What the end of a sign-up writes: the account, once, whoever else finishes at the same moment."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, current_request
from app.domain.errors import Conflict, OutOfStep
from app.domain.i18n import _, current_reader
from app.domain.identity.users import contacts_of
from app.domain.limits import Origin
from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Record
from app.domain.signup.signup import Signup
from app.domain.sql import load_queries

sql = load_queries(__file__, "accounts.sql")


class EmailTaken(Conflict):
    """Only ever told to someone who has just proved that the address is theirs."""

    code = "email_taken"
    field = "email"
    message = _("That address already has an account. Use another one, or sign in with it.")


class ProveAgain(OutOfStep):
    """The number has got an account since it was proved: only a proof of now opens that."""

    code = "prove_again"
    message = _("Confirm your number once more to continue.")


@dataclass(frozen=True, slots=True)
class Proofs:
    """Both contacts as this flow proved them, and whether an identity waits with them; `user_id`
    when they already made an account.
    """

    phone: str
    email: str
    user_id: UUID | None
    has_identity: bool

    @classmethod
    def from_row(cls, row: Record) -> "Proofs":
        return cls(row["phone"], row["email"], row["user_id"], row["has_identity"])


@dataclass(frozen=True, slots=True)
class Account:
    """Whose a number is; `password_hash` is None for people who only use a provider. A `dormant`
    one is not opened by its number alone, which may have changed hands.
    """

    id: UUID
    contacts: tuple[str, ...]
    password_hash: str | None
    dormant: bool

    @classmethod
    def from_row(cls, row: Record) -> "Account":
        return cls(row["id"], contacts_of(row), row["password_hash"], row["dormant"])


async def find_proofs(connection: Connection, flow_id: bytes) -> Proofs | None:
    row = await connection.fetchrow(*sql.find_proofs(flow_id=flow_id))
    return Proofs.from_row(row) if row else None


async def find_account(connection: Connection, phone: str) -> Account | None:
    row = await connection.fetchrow(*sql.find_account(phone=phone))
    return Account.from_row(row) if row else None


async def account_proved_now(connection: Connection, flow_id: bytes) -> Account | None:
    """Whose the number is that this flow has proved in the last ten minutes."""
    row = await connection.fetchrow(*sql.find_account_proved_now(flow_id=flow_id))
    return Account.from_row(row) if row else None


async def vouch_for_email(connection: Connection, flow_id: bytes, email: str, nonce: bytes) -> None:
    """The flow has proved the address, unless it is someone's: that is not told here."""
    await connection.execute(
        *sql.vouch_for_email(id=uuid7(), flow_id=flow_id, nonce=nonce, email=email)
    )


async def create_account(
    connection: Connection, signup: Signup, password_hash: str | None, origin: Origin
) -> tuple[Proofs | None, UUID | None]:
    """What its flow has proved, and the id of the account that this made. None when it made one
    before, or when the phone or the e-mail has an account by now.
    """
    row = await connection.fetchrow(
        *sql.create_account(
            id=uuid7(),
            flow_id=signup.id,
            password_hash=password_hash,
            network=origin.network,
            request_id=current_request.get() or None,
            **current_reader(),
        )
    )
    if row is None:
        return None, None
    if row["created_id"]:
        EVENTS.add(AuditEvent.SIGNUP_COMPLETED)
    return Proofs.from_row(row), row["created_id"]


async def spend_proofs(connection: Connection, flow_id: bytes, user_id: UUID) -> None:
    """They opened an account and prove nothing more."""
    await connection.execute(*sql.spend_proofs(flow_id=flow_id, user_id=user_id))


async def drop_email(connection: Connection, flow_id: bytes) -> None:
    """The flow's address cannot be used; the person names another."""
    await connection.execute(*sql.drop_email(flow_id=flow_id))


async def drop_phone(connection: Connection, flow_id: bytes) -> None:
    """The flow's number is to be proved anew."""
    await connection.execute(*sql.drop_phone(flow_id=flow_id))


async def drop_earlier(connection: Connection, flow_id: bytes) -> None:
    """What was proved more than ten minutes ago proves nothing any more."""
    await connection.execute(*sql.drop_earlier(flow_id=flow_id))
