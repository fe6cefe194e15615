"""A session as those outside hold it: what it is refused for, and whether it still lives."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from time import monotonic
from typing import Any
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Forbidden, Refusal, TooMany, Unauthenticated
from app.domain.i18n import _
from app.domain.identity.users import Person, find_person
from app.domain.limit_refusals import name_limit
from app.domain.limits import Origin
from app.domain.metrics import EVENTS, SESSIONS_ENDED, SESSIONS_OPENED
from app.domain.ports import Connection, Database
from app.domain.sessions.factors import FEDERATED, MULTIPLE
from app.domain.sessions.tokens import Access, PresentedToken
from app.domain.sql import load_queries

sql = load_queries(__file__, "sessions.sql")


class TooManyRefreshes(TooMany):
    """No browser and no sound client needs as many."""

    code = "too_many_refreshes"
    message = _("Too many requests in a short time. Try again in a minute.")


class ConfirmationNeeded(Forbidden):
    """The change asks for a fresh proof. A page leads to it and back."""

    code = "confirmation_required"
    message = _("Confirm it’s you, then try again.")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Both halves of a session as its holder keeps them."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session. `contacts` are its owner's address and number; one may be missing. `language`
    is what they read, '' where that was never said.
    """

    tokens: Tokens
    session_id: UUID
    user_id: UUID
    contacts: tuple[str, ...]
    device_epoch: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session as its owner sees it."""

    id: UUID
    device: str
    network: str
    created_at: datetime
    last_used_at: datetime
    amr: Sequence[str]


LISTED = tuple(ListedSession.__dataclass_fields__)


# Whether a session still lives: asked of PostgreSQL, and remembered for less than a second.

# Seconds. What was ended elsewhere is dead here within one, with nothing to be told or missed.
REMEMBERED = 0.8
MOST = 10_000


class Liveness:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UUID, tuple[int, float]] = OrderedDict()

    async def check(self, access: Access) -> None:
        """Raises `Unauthenticated` for a session that has ended."""
        if self._is_known(access):
            return
        asked_at = monotonic()
        async with self._database.connection() as connection:
            seen = await connection.fetchval(*sql.check_session(id=access.session_id))
            await self._note(connection, access, seen, asked_at)

    async def find_person(self, access: Access) -> Person:
        """Whose session it is, checked by the same statement. Raises `Unauthenticated`."""
        known, asked_at = self._is_known(access), monotonic()
        session_id = None if known else access.session_id
        async with self._database.connection() as connection:
            found = await find_person(connection, access.user_id, session_id)
            if found is None:
                raise Unauthenticated
            person, seen = found
            if not known:
                await self._note(connection, access, seen, asked_at)
        return person

    def forget(self, session_id: UUID) -> None:
        """It was ended here: nothing is remembered of it from now on."""
        self._known.pop(session_id, None)

    def _is_known(self, access: Access) -> bool:
        generation, until = self._known.get(access.session_id, (-1, 0.0))
        return until > monotonic() and access.generation <= generation

    async def _note(
        self, connection: Connection, access: Access, seen: int | None, asked_at: float
    ) -> None:
        """What was seen of it in use; None for one that has ended. Raises `Unauthenticated`."""
        if seen is None:
            raise Unauthenticated
        if seen < access.generation:
            # A token this new is in use, so the one before it need not be honoured for long.
            await connection.execute(
                *sql.mark_seen(id=access.session_id, generation=access.generation)
            )
        self._remember(access.session_id, access.generation, asked_at + REMEMBERED)

    def _remember(self, session_id: UUID, generation: int, until: float) -> None:
        self._known[session_id] = generation, until
        self._known.move_to_end(session_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)


async def lock_session(connection: Connection, access: Access) -> None:
    """In a transaction that has locked the person: it does not end before that does. Raises
    `Unauthenticated` for a session that has ended.
    """
    if not await connection.fetchval(*sql.lock_session(id=access.session_id)):
        raise Unauthenticated


async def is_delaying_changes(connection: Connection, access: Access) -> bool:
    """In that same transaction: whether what the session changes has to wait."""
    return bool(await connection.fetchval(*sql.is_delaying_changes(id=access.session_id)))


async def confirm_without_phone(connection: Connection, access: Access) -> None:
    """Until it is confirmed otherwise, what this session changes has to wait. Raises
    `Unauthenticated`.
    """
    if not await connection.fetchval(*sql.confirm_without_phone(id=access.session_id)):
        raise Unauthenticated


async def unconfirm_by_provider(connection: Connection, user_id: UUID) -> None:
    """In the transaction that removes an identity and has locked the person: it is not noted by
    which identity a session was confirmed, so all those have to be confirmed anew.
    """
    await connection.execute(*sql.unconfirm_sessions(user_id=user_id, amr=[*FEDERATED, MULTIPLE]))


# Opened and ended, as metrics and the audit trail have it.


def note_opened(amr: tuple[str, ...]) -> None:
    EVENTS.add(AuditEvent.SESSION_OPENED)
    SESSIONS_OPENED.add(" ".join(amr))


async def record_end(
    connection: Connection,
    event: AuditEvent,
    user_id: UUID,
    origin: Origin,
    reason: str,
    count: int = 0,
) -> None:
    """Of one, or of so many at once."""
    details: dict[str, Any] = {"reason": reason} | ({"count": count} if count else {})
    await record(connection, event, user_id=user_id, network=origin.network, **details)
    SESSIONS_ENDED.add(reason, by=count or 1)


# Refresh tokens that are refused: too many, over, or copied, which ends their session.


async def refusal_of(
    connection: Connection, presented: PresentedToken, counted_for: timedelta, origin: Origin
) -> Refusal:
    """Why the token was not refreshed. The owner of one that was copied is told."""
    session_id, generation = presented.session_id, presented.generation
    copied = await connection.fetchrow(*sql.end_copied(id=session_id, generation=generation))
    if copied:
        user_id, device = copied["user_id"], copied["device"]
        event, network = AuditEvent.SESSION_REPLAYED, origin.network
        await record(connection, event, user_id=user_id, network=network)
        SESSIONS_ENDED.add("replayed")
        await queue_notice(connection, "session_replayed", user_id, origin, device=device)
    wait = await connection.fetchval(
        *sql.find_refresh_wait(id=session_id, generation=generation, counted_for=counted_for)
    )
    if wait is None:
        return Unauthenticated()
    return name_limit(TooManyRefreshes(retry_after=max(1, ceil(wait))), "refreshes_per_session")
