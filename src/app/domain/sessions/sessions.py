"""Sessions: opened by a proof, carried on by rotation, ended by a person, a replay or time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, current_request
from app.domain.credentials.device import Device
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.notices import queue_device_notice
from app.domain.errors import Unauthenticated
from app.domain.i18n import current_reader
from app.domain.identity.users import Person, Subjects, contacts_of
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Connection, Database, Record
from app.domain.services import Audience
from app.domain.sessions.factors import METHODS, MULTIPLE, Factor, opening_factor
from app.domain.sessions.session import (
    LISTED,
    ConfirmationNeeded,
    ListedSession,
    Liveness,
    OpenedSession,
    Tokens,
    note_opened,
    record_end,
    refusal_of,
    sql,
)
from app.domain.sessions.tokens import Access, AccessTokens, PresentedToken, RefreshTokens
from app.domain.verification.codes import MOST_IN_A_ROW, digest_contact

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
FRESH = timedelta(minutes=10)  # how long a proof allows changes of the account


class Sessions:
    """All of them, of everybody."""

    def __init__(
        self,
        database: Database,
        limits: LimitTable,
        tokens: AccessTokens,
        refresh_keys: Sequence[bytes],
        pseudonyms: Pseudonyms,
        subjects: Subjects,
    ) -> None:
        self._database, self._pseudonyms, self._subjects = database, pseudonyms, subjects
        [(seconds, self._most), *_] = limits.refreshes_per_session.windows
        self._counted_for = timedelta(seconds=seconds)
        self._tokens, self._refresh_tokens = tokens, RefreshTokens(refresh_keys)
        self._liveness = Liveness(database)

    async def open_session(
        self,
        connection: Connection,
        user_id: UUID,
        contacts: tuple[str, ...],
        amr: tuple[str, ...],
        device: Device,
        identity_id: UUID | None = None,
    ) -> OpenedSession:
        """In the transaction that proved the person, who has those `contacts`, by that identity if
        one alone did it. Every identifier in it is new; tokens are for `device.audience`.
        """
        session_id = uuid7()
        known_devices = filter(None, map(device.origin.known_to, map(digest_contact, contacts)))
        row = await connection.fetchrow(
            *sql.open_session(
                id=session_id,
                user_id=user_id,
                amr=list(amr),
                device=device.name,
                network=device.origin.network,
                idle=IDLE,
                absolute=ABSOLUTE,
                request_id=current_request.get() or None,
                identity_id=identity_id,
                address=device.origin.share,
                address_names=self._pseudonyms.list_names(device.origin.share)[1:],
                subjects=[self._subjects.of(contact) for contact in contacts],
                most_in_a_row=MOST_IN_A_ROW,
                known_epochs=[each.epoch for each in known_devices],
                **current_reader(),
            )
        )
        if row is None:
            raise Unauthenticated  # the account was deleted a moment ago
        note_opened(amr)
        access = Access(user_id, session_id, 0, row["authenticated_at"], amr, device.audience)
        tokens, known = self._issue_pair(access), (row["device_epoch"], row["language"])
        return OpenedSession(tokens, session_id, user_id, contacts_of(row), *known)

    async def queue_device_notice(
        self, connection: Connection, opened: OpenedSession, device: Device
    ) -> None:
        """By mail, when the owner has not signed in from it before."""
        known = device.origin.known_to(digest_contact(opened.contacts[0]))
        if known is None or known.epoch != opened.device_epoch:
            await queue_device_notice(connection, opened.user_id, device.origin, device.name)

    async def is_fresh(self, access: Access) -> bool:
        """Whether the person has proved who they are within the last ten minutes, by another kind
        of proof than opened the session, and the token was given for that.
        """
        if MULTIPLE not in access.amr:
            return False
        asked = sql.is_fresh(id=access.session_id, fresh=FRESH, proved_at=access.authenticated_at)
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(*asked))

    async def require_fresh(self, access: Access) -> None:
        """Raises `ConfirmationNeeded` unless `is_fresh`."""
        if not await self.is_fresh(access):
            raise ConfirmationNeeded

    async def require_contact_proof(self, access: Access) -> None:
        """As `require_fresh`; a proof without the phone will do, by which the change waits."""
        if await self.is_fresh(access):
            return
        asked = sql.can_delay_changes(id=access.session_id, fresh=FRESH)
        async with self._database.connection() as connection:
            if not await connection.fetchval(*asked):
                raise ConfirmationNeeded

    async def find_opening_factor(self, access: Access) -> Factor | None:
        """The kind of proof that opened it, None for a sign-up. Raises `Unauthenticated`."""
        async with self._database.connection() as connection:
            amr = await connection.fetchval(*sql.find_opened_amr(id=access.session_id))
        if amr is None:
            raise Unauthenticated
        return opening_factor(amr)

    async def renew_session(self, connection: Connection, access: Access, by: Factor) -> Tokens:
        """In the transaction of a fresh proof of a kind that confirms it: the same session with new
        identifiers, and how it was proved this time. Raises `Unauthenticated`.
        """
        amr = (*METHODS[by], MULTIPLE)
        asked = sql.renew_session(id=access.session_id, idle=IDLE, amr=list(amr))
        row = await connection.fetchrow(*asked)
        if row is None:
            raise Unauthenticated
        return self._issue_pair(access.proved_anew(row, amr))

    async def reissue_tokens(self, connection: Connection, access: Access) -> Tokens | None:
        """What `renew_session` has just given, in an answer that may have been lost; None once it
        was used, or after ten seconds.
        """
        row = await connection.fetchrow(*sql.find_unseen_renewal(id=access.session_id))
        return self._issue_pair(access.proved_anew(row, tuple(row["amr"]))) if row else None

    async def refresh_tokens(
        self, token: str, audience: Audience, origin: Origin
    ) -> tuple[Access, Tokens]:
        """The successor of a refresh token of that audience, the same for all who ask at once. A
        token that must have been copied ends its session and tells the owner. Raises
        `Unauthenticated`, `TooManyRefreshes`.
        """
        presented = self._refresh_tokens.read_token(token, audience)
        limit = {"most": self._most, "counted_for": self._counted_for}
        asked = sql.refresh_session(
            id=presented.session_id, generation=presented.generation, idle=IDLE, **limit
        )
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*asked)
        if row is None:
            await self._refuse(presented, origin)
        user_id, amr, proved_at = row["user_id"], tuple(row["amr"]), row["authenticated_at"]
        access = Access(user_id, presented.session_id, row["generation"], proved_at, amr, audience)
        return access, self._issue_pair(access)

    async def check_session(self, access: Access) -> None:
        """Raises `Unauthenticated` within a second of the session's end, wherever it was ended."""
        await self._liveness.check(access)

    async def find_person(self, access: Access) -> Person:
        """The same, and whose it is, in one statement."""
        return await self._liveness.find_person(access)

    async def check_both_tokens(self, access: Access, refresh_token: str, origin: Origin) -> None:
        """Raises `Unauthenticated` unless the refresh token is of the same session, and still good.
        One that must have been copied ends it here too.
        """
        presented = self._refresh_tokens.read_token(refresh_token, access.audience)
        if presented.session_id != access.session_id:
            raise Unauthenticated
        asked = sql.can_refresh(id=presented.session_id, generation=presented.generation)
        async with self._database.connection() as connection:
            good = await connection.fetchval(*asked)
        if not good:
            await self._refuse(presented, origin)

    async def list_sessions(self, user_id: UUID) -> list[ListedSession]:
        """The live ones, last used first."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.list_sessions(user_id=user_id))
        return [ListedSession(*(row[name] for name in LISTED)) for row in rows]

    async def end_session(
        self, connection: Connection, user_id: UUID, session_id: UUID, reason: str, origin: Origin
    ) -> None:
        """One of this person's, in the caller's transaction; any other is left alone."""
        ended = sql.end_session(user_id=user_id, id=session_id, reason=reason)
        if await connection.fetchval(*ended):
            await record_end(connection, AuditEvent.SESSION_ENDED, user_id, origin, reason)
        self._liveness.forget(session_id)

    async def end_presented(self, refresh_token: str, reason: str, origin: Origin) -> None:
        """What a browser holds the refresh token of: any generation will do, and none is used up,
        so that whoever wants to leave can. An access token ends nothing, as it changes nothing.
        """
        try:
            session_id = self._refresh_tokens.read_token(refresh_token, Audience.BROWSER).session_id
        except Unauthenticated:
            return
        async with self._database.transaction() as connection:
            user_id = await connection.fetchval(*sql.end_presented(id=session_id, reason=reason))
            if user_id:
                await record_end(
                    connection, AuditEvent.SESSION_ENDED, user_id, origin, reason=reason
                )
        self._liveness.forget(session_id)

    async def end_all_sessions(
        self,
        connection: Connection,
        user_id: UUID,
        reason: str,
        origin: Origin,
        but: UUID | None = None,
    ) -> int:
        """How many were ended, in the caller's transaction, which has locked the person; `but` is
        the one that goes on.
        """
        asked = sql.end_all_sessions(user_id=user_id, but=but, reason=reason)
        ended = await connection.fetch(*asked)
        for row in ended:
            self._liveness.forget(row["id"])
        if ended:
            await record_end(
                connection, AuditEvent.SESSION_ALL_ENDED, user_id, origin, reason, len(ended)
            )
        return len(ended)

    async def end_opened_by(
        self, connection: Connection, access: Access, identity_id: UUID, origin: Origin
    ) -> None:
        """In the transaction that removes the identity and has locked the person. The session that
        asks goes on: it has just shown another kind of proof.
        """
        reason, user_id = "identity removed", access.user_id
        ended = await connection.fetch(
            *sql.end_opened_by_identity(
                user_id=user_id, identity_id=identity_id, but=access.session_id, reason=reason
            )
        )
        await self._record_ends(connection, ended, user_id, reason, origin)

    async def end_opened_with(
        self,
        connection: Connection,
        user_id: UUID,
        contact: Factor,
        origin: Origin,
        but: UUID | None = None,
    ) -> None:
        """In the transaction that replaces that number or address and has locked the person: those
        that a code to it opened, and nothing else has confirmed since; `but` is the one that asks.
        """
        reason = f"{contact} replaced"
        amr = list(METHODS[contact])
        asked = sql.end_opened_with(user_id=user_id, amr=amr, but=but, reason=reason)
        ended = await connection.fetch(*asked)
        await self._record_ends(connection, ended, user_id, reason, origin)

    async def _record_ends(
        self,
        connection: Connection,
        ended: Sequence[Record],
        user_id: UUID,
        reason: str,
        origin: Origin,
    ) -> None:
        for row in ended:
            self._liveness.forget(row["id"])
            await record_end(connection, AuditEvent.SESSION_ENDED, user_id, origin, reason)

    async def _refuse(self, presented: PresentedToken, origin: Origin) -> NoReturn:
        self._liveness.forget(presented.session_id)
        async with self._database.transaction() as connection:
            raise await refusal_of(connection, presented, self._counted_for, origin)

    def _issue_pair(self, access: Access) -> Tokens:
        return Tokens(self._tokens.issue_token(access), self._refresh_tokens.issue_token(access))
