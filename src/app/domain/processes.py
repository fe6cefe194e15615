"""The processes that serve, and which keys of `SECRET_KEY` each knows: so none signs by a key that
another one would not know again.

Each says in the database that it runs and what it knows. A key is named by its fingerprint, from
which nobody gets to the key.
"""

import logging
import os
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from uuid import UUID, uuid4

from app.domain.errors import Unavailable
from app.domain.keys import SecretKeys, fingerprint_of
from app.domain.ports import Connection, Database
from app.domain.sql import load_queries

log = logging.getLogger("app.keys")

sql = load_queries(__file__, "processes.sql")

EVERY = 1.0  # seconds between two looks at the others
RENEWED = 5.0  # seconds between two signs of life
# One that is silent for so long has ended. One that was restarted is back by then, with whatever
# settings it had.
LIFETIME = timedelta(seconds=30)
# While PostgreSQL was away nobody could give a sign of life. Who lived before counts until all had
# the time for two.
PATIENCE = 2 * RENEWED
SILENT_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """`secrets` are the fingerprints of its keys in the order of its `SECRET_KEY`; `signs_by` is
    one of them.
    """

    id: UUID
    host: str
    pid: int
    secrets: list[str]
    signs_by: str
    started_at: datetime

    @property
    def name(self) -> str:
        return f"{self.host}:{self.pid}"


FIELDS = tuple(RunningProcess.__dataclass_fields__)


async def list_processes(
    connection: Connection, lifetime: timedelta = LIFETIME
) -> list[RunningProcess]:
    """Those that live, in the order of their start."""
    rows = await connection.fetch(*sql.list_processes(lifetime=lifetime))
    return [RunningProcess(*(row[name] for name in FIELDS)) for row in rows]


async def list_lacking(database: Database, fingerprint: str) -> list[str]:
    """The names of those that live and do not know this key."""
    async with database.connection() as connection:
        living = await list_processes(connection)
    return [each.name for each in living if fingerprint not in each.secrets]


def find_known_to_all(own: Sequence[str], living: Collection[RunningProcess]) -> str:
    """The first of `own` fingerprints that all know; the very first where there is none."""
    known = (each for each in own if all(each in process.secrets for process in living))
    return next(known, own[0])


async def sort_by_age(connection: Connection, secrets: Sequence[str]) -> list[str]:
    """The newest first, by when each was first seen; one that never was is newer, the last of them
    the oldest.
    """
    first_seen = {row["fingerprint"]: row["first_seen_at"]
                  for row in await connection.fetch(*sql.list_secret_keys())}  # fmt: skip
    unseen = [each for each in secrets if fingerprint_of(each) not in first_seen]
    seen = [each for each in secrets if each not in unseen]
    return unseen + sorted(seen, key=lambda each: first_seen[fingerprint_of(each)], reverse=True)


async def order_secret_keys(database: Database, secrets: tuple[str, ...]) -> SecretKeys:
    """As the servers have them, for a command with the same `SECRET_KEY`."""
    keys = SecretKeys(secrets)
    await reorder_secret_keys(database, keys)
    return keys


async def reorder_secret_keys(database: Database, keys: SecretKeys) -> None:
    """In place."""
    async with database.connection() as connection:
        signs_by = find_known_to_all(keys.configured, await list_processes(connection))
        keys.reorder(signs_by, await sort_by_age(connection, keys.secrets))


@dataclass
class Processes:
    """This one and the others. `keys` are put into the order that fits all of them."""

    keys: SecretKeys
    database: Database
    id: UUID = field(default_factory=uuid4)
    others: tuple[RunningProcess, ...] = ()
    _renewed_at: float = 0.0
    _heard_at: float = field(default_factory=lambda: monotonic())
    _patient_until: float = 0.0
    _by_age: list[str] = field(default_factory=list)
    _reported: tuple[str, str] = ("", "")

    @property
    def trouble(self) -> str:
        """What an operator has to look at; "" for nothing."""
        first = self.keys.configured[0]
        lacking = [each.name for each in self.others if first not in each.secrets]
        if lacking:
            now = (
                "" if self.keys.signs_by == first else f" and {self.keys.signs_by} signs meanwhile"
            )
            return f"the key {first} is not known to {', '.join(sorted(lacking))}{now}"
        strange = {p.signs_by for p in self.others} - {*self.keys.configured}
        return f"others sign by {', '.join(sorted(strange))}, which is not known here" * bool(
            strange
        )

    async def exchange(self) -> None:
        """Says that this one lives, and looks who else does. A silent database changes nothing, and
        is logged where it happens.
        """
        try:
            async with self.database.connection() as connection:
                await self._exchange(connection, self._lifetime())
            self._heard_at = monotonic()
            self._tell()
        except Unavailable:
            if not self._renewed_at:
                self._heard_at = -inf  # it may have been away for long before the start

    def _lifetime(self) -> timedelta:
        """Of all processes, longer for a while after nobody could renew theirs."""
        now = monotonic()
        if now - self._heard_at > LIFETIME.total_seconds():
            self._patient_until = now + PATIENCE
        return SILENT_LIFETIME if now < self._patient_until else LIFETIME

    async def _exchange(self, connection: Connection, lifetime: timedelta) -> None:
        await self._renew(connection, lifetime, due=RENEWED)
        living = await list_processes(connection, lifetime)
        self.others = tuple(each for each in living if each.id != self.id)
        signs_by = find_known_to_all(self.keys.configured, self.others)
        changes = signs_by != self.keys.signs_by
        self._by_age = self._by_age or await sort_by_age(connection, self.keys.secrets)
        self.keys.reorder(signs_by, self._by_age)
        if changes:
            await self._renew(connection, lifetime, due=0.0)

    async def _renew(self, connection: Connection, lifetime: timedelta, due: float) -> None:
        if self._renewed_at and monotonic() - self._renewed_at < due:
            return
        if not self._renewed_at:
            await connection.execute(*sql.note_secret_keys(secrets=[*self.keys.configured]))
        await connection.execute(
            *sql.renew_process(
                id=self.id, host=socket.gethostname(), pid=os.getpid(),
                secrets=[*self.keys.configured], signs_by=self.keys.signs_by,
            )
        )  # fmt: skip
        await connection.execute(*sql.remove_ended(lifetime=lifetime))
        self._renewed_at = monotonic()

    def _tell(self) -> None:
        """Once for each change."""
        now = (self.trouble, self.keys.signs_by)
        if now == self._reported:
            return
        if self.trouble:
            log.warning("SECRET_KEY is not the same everywhere", extra={"reason": self.trouble})
        elif self._reported[1]:
            log.info("all servers know the key that signs", extra={"key": self.keys.signs_by})
        self._reported = now
