"""Undoing a change: whoever got our mail at the old address puts the old number or address back."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.domain.account.changes import Kind, hold, put, tell_of_undo
from app.domain.account.undo_links import UndoLinks, UnknownUndo
from app.domain.audit.events import record
from app.domain.errors import Conflict, Unauthenticated
from app.domain.limits import Origin
from app.domain.ports import Connection, Database, NotUnique
from app.domain.sessions.sessions import Sessions

LOOK = """
SELECT c.id, c.user_id, c.kind, c.old_value,
  c.undone_at IS NOT NULL AS undone,
  c.changed_at < clock_timestamp() - interval '7 days' AS expired,
  CASE c.kind WHEN 'phone' THEN u.phone ELSE u.email END <> c.new_value AS overtaken,
  EXISTS (SELECT 1 FROM users o WHERE o.phone = c.old_value)
    OR EXISTS (SELECT 1 FROM users o WHERE o.email = c.old_value) AS taken
FROM contact_changes c JOIN users u ON u.id = c.user_id WHERE c.id = $1
"""
UNDONE = "UPDATE contact_changes SET undone_at = clock_timestamp() WHERE id = $1"


class UndoneAlready(Conflict):
    code = "undone_already"
    message = "That change was undone already. There is nothing left to do."


class UndoExpired(Conflict):
    code = "undo_expired"
    message = "This link worked for 7 days and is too old now. Sign in to change it again."


class Overtaken(Conflict):
    """Whoever changed it again has a link for that."""

    code = "overtaken"
    message = "It was changed once more after that. Use the link in our newest e-mail about it."


class OldTaken(Conflict):
    code = "old_taken"
    message = "What you had before belongs to another account by now. Sign in to choose a new one."


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it stands now. `taken`: another account has what was there before."""

    id: UUID
    user_id: UUID
    kind: Kind
    old_value: str
    undone: bool
    expired: bool
    overtaken: bool
    taken: bool

    def check(self) -> None:
        """Raises the reason why it cannot be undone."""
        if self.undone:
            raise UndoneAlready
        if self.expired:
            raise UndoExpired
        if self.overtaken:
            raise Overtaken
        if self.taken:
            raise OldTaken


class Undo:
    def __init__(
        self, database: Database, sessions: Sessions, links: UndoLinks, wake: Callable[[], None]
    ) -> None:
        self._database, self._sessions = database, sessions
        self._links, self._wake = links, wake

    async def look(self, token: str) -> Change:
        """Raises `UnknownUndo`."""
        change_id = self._links.read(token)
        async with self._database.connection() as connection:
            return await _found(connection, change_id)

    async def __call__(self, token: str, origin: Origin) -> None:
        """The old value is back and every session of the person has ended. Raises `UnknownUndo` and
        what `Change.check` does.
        """
        change = await self.look(token)
        try:
            async with self._database.transaction() as connection:
                await self._put_back(connection, change, origin)
        except NotUnique:
            raise OldTaken from None
        self._wake()

    async def _put_back(self, connection: Connection, seen: Change, origin: Origin) -> None:
        try:
            held = await hold(connection, seen.user_id)
        except Unauthenticated:
            raise UnknownUndo from None
        change = await _found(connection, seen.id)  # again, now that nobody else changes it
        change.check()
        await put(connection, held, change.kind, change.old_value)
        await connection.execute(UNDONE, change.id)
        await self._sessions.end_all(connection, change.user_id, "change undone", origin)
        await record(
            connection,
            "account:change_undone",
            user_id=change.user_id,
            network=origin.network,
            kind=change.kind,
        )
        await tell_of_undo(connection, held, change.kind, change.old_value, origin)


async def _found(connection: Connection, change_id: UUID) -> Change:
    row = await connection.fetchrow(LOOK, change_id)
    if row is None:
        raise UnknownUndo
    return Change(**{name: row[name] for name in Change.__dataclass_fields__})
