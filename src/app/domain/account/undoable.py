"""What of a change can be undone: its link, the contacts and sign-ins from before, what forbids
it.

The token is the id of the change and a MAC over it, so a dump of the database undoes nothing.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.account.changes import sql
from app.domain.errors import Conflict, Rejected
from app.domain.i18n import _
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.provider import ExternalIdentity
from app.domain.identity.users import Kind
from app.domain.keys import MAC_BYTES, Signer
from app.domain.ports import Connection, Database

ID_BYTES = 16  # 48 with the MAC: 64 characters, none of them padding


class UnknownUndo(Rejected):
    code = "unknown_undo"
    message = _("This link doesn’t work. Open it from our e-mail again, or copy all of it.")


class UndoLinks:
    """`keys`: the first makes links, all check them."""

    def __init__(self, keys: Sequence[bytes], base_url: str) -> None:
        self._signer, self._base_url = Signer(keys), base_url

    def make_link(self, change_id: UUID) -> str:
        return f"{self._base_url}/account/undo/{self.make_token(change_id)}"

    def make_token(self, change_id: UUID) -> str:
        body = change_id.bytes
        return urlsafe_b64encode(body + self._signer.sign(body)).decode()

    def read(self, token: str) -> UUID:
        """The change a token stands for. Raises `UnknownUndo` for everything we did not make."""
        try:
            raw = urlsafe_b64decode(token)
        except ValueError:
            raise UnknownUndo from None
        body, mac = raw[:ID_BYTES], raw[ID_BYTES:]
        if len(raw) != ID_BYTES + MAC_BYTES or not self._signer.verifies(mac, body):
            raise UnknownUndo
        return UUID(bytes=body)


# A change of a number or address as it stands: what an undo brings back, and what forbids it.


class UndoneAlready(Conflict):
    code = "undone_already"
    message = _("That change was already undone. There’s nothing left to do.")


class UndoExpired(Conflict):
    code = "undo_expired"
    message = _("This link has expired: it worked for 7 days. Sign in to change it back.")


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it stands now. `phone`, `email` and `password_hash` are those from before, of
    which one comes back; `taken`: another account has that, so that it does not; `is_back`: the
    account has it already. What came after `since` is taken back. `begun`: it waits for its proof.
    `has_address`: the account has one now.
    """

    id: UUID
    user_id: UUID
    kind: Kind
    phone: str | None
    email: str | None
    password_hash: str | None
    since: datetime
    undone: bool
    begun: bool
    expired: bool
    is_back: bool
    has_address: bool
    phone_taken: bool
    taken: bool

    @property
    def old_value(self) -> str | None:
        """None where there was none."""
        return self.phone if self.kind == "phone" else self.email

    @property
    def stays(self) -> bool:
        """Neither the address from before comes back nor a number, so the new one has to stay."""
        return self.kind == "email" and self.taken and self.texted is None

    @property
    def contacts(self) -> tuple[str, ...]:
        """From before; the first one is what wrong passwords are counted by."""
        return tuple(contact for contact in (self.email, self.phone) if contact)

    @property
    def texted(self) -> str | None:
        """The number from before, unless it is another account's by now."""
        return None if self.phone_taken else self.phone

    def check(self) -> None:
        """Raises the reason why it cannot be undone."""
        if self.undone:
            raise UndoneAlready
        if self.expired:
            raise UndoExpired


async def find_change(connection: Connection, change_id: UUID) -> Change:
    """Raises `UnknownUndo`."""
    row = await connection.fetchrow(*sql.find_change(change_id=change_id))
    if row is None:
        raise UnknownUndo
    return Change(**{name: row[name] for name in Change.__dataclass_fields__})


# Auth0 sign-ins that an account had before a change: who shows one may undo that change.


class NotEarlierIdentity(Rejected):
    """It is nobody's, someone else's, or was linked too late: which of them is not told."""

    code = "auth0_not_from_before"
    message = _(
        "That login doesn’t count. It must have opened the account for at least 7 days"
        " before the change. Nothing was undone. Use another one, or confirm another way."
    )


class SameMailbox(Rejected):
    """One reads the mailbox that the link went to, and by it gets into the sign-in, or the other
    way round: both are one proof.
    """

    code = "auth0_same_mailbox"
    message = _(
        "That login uses the e-mail address our link went to, so the two count as"
        " one. Nothing was undone. Use another one, or confirm another way."
    )


class EarlierIdentities:
    """`issuer` is the provider's that is asked now, '' where there is none."""

    def __init__(self, database: Database, issuer: str) -> None:
        self._database, self._issuer = database, issuer

    async def can_vouch_for(self, change_id: UUID) -> bool:
        """Whether the provider that is asked now knew the account before the change."""
        async with self._database.connection() as connection:
            known = sql.has_earlier_identity(change_id=change_id, issuer=self._issuer, subject=None)
            return bool(await connection.fetchval(*known))

    async def check(self, change_id: UUID, external_identity: ExternalIdentity) -> None:
        """Raises `NotEarlierIdentity`, `SameMailbox`."""
        async with self._database.connection() as connection:
            known = sql.has_earlier_identity(
                change_id=change_id,
                issuer=external_identity.issuer,
                subject=external_identity.subject,
            )
            if not await connection.fetchval(*known):
                raise NotEarlierIdentity
            mailed = await connection.fetch(*sql.find_mailed(change_id=change_id))
        # Whether it calls the address verified is no matter: a sign-in's password is reset by it.
        boxes = {EmailAddress(row["destination"]).mailbox for row in mailed}
        if external_identity.email and EmailAddress(external_identity.email).mailbox in boxes:
            raise SameMailbox
