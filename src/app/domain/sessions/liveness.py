"""Whether a session still lives: asked of PostgreSQL, and remembered for less than a second."""

from collections import OrderedDict
from time import monotonic
from uuid import UUID

from app.domain.errors import Unauthenticated
from app.domain.ports import Connection, Database
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.statements import CHECK, HOLD, SEEN

# Seconds. What was ended elsewhere is dead here within one, with nothing to be told or missed.
REMEMBERED = 0.8
MOST = 10_000


class Liveness:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UUID, tuple[int, float]] = OrderedDict()

    async def check(self, access: Access) -> None:
        """Raises `Unauthenticated` for a session that has ended."""
        generation, until = self._known.get(access.session_id, (-1, 0.0))
        if until > monotonic() and access.generation <= generation:
            return
        asked_at = monotonic()
        async with self._database.connection() as connection:
            seen = await connection.fetchval(CHECK, access.session_id)
            if seen is None:
                raise Unauthenticated
            if seen < access.generation:
                # A token this new is in use, so the one before it need not be honoured for long.
                await connection.execute(SEEN, access.session_id, access.generation)
        self._remember(access.session_id, access.generation, asked_at + REMEMBERED)

    def forget(self, session_id: UUID) -> None:
        """It was ended here: nothing is remembered of it from now on."""
        self._known.pop(session_id, None)

    def _remember(self, session_id: UUID, generation: int, until: float) -> None:
        self._known[session_id] = generation, until
        self._known.move_to_end(session_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)


async def hold_session(connection: Connection, access: Access) -> None:
    """In a transaction that has locked the person: it does not end before that does. Raises
    `Unauthenticated` for a session that has ended.
    """
    if not await connection.fetchval(HOLD, access.session_id):
        raise Unauthenticated
