"""Health: one check for each thing the product depends on; vendors by what live traffic shows.

Nothing here sends a message or costs money. A vendor's trouble is a warning: people can still be
signed in, and taking the service away would not help them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic

from app.domain.delivery.dispatcher import Dispatcher
from app.domain.identity.provider import IdentityProvider
from app.domain.ports import Database, ShortMemory
from app.domain.pricing.prices import Prices
from app.domain.sessions.access_tokens import AccessTokens

LIMIT = 1.0  # seconds a check may take
KEPT = 2.0  # seconds an outcome is given again
STUCK = 10.0  # seconds without a look at the outbox
REMEMBERED = 60.0  # seconds a crash of the dispatcher is told

# What became of the last ten minutes' messages of a channel.
TRAFFIC = """
SELECT count(*) FILTER (WHERE state IN ('sent', 'delivered')) AS sent,
       count(*) FILTER (WHERE state = 'failed' OR reason = 'misconfigured') AS failed,
       extract(epoch FROM clock_timestamp()
               - max(updated_at) FILTER (WHERE state IN ('sent', 'delivered')))::int AS since,
       (array_agg(provider_code ORDER BY updated_at DESC)
        FILTER (WHERE provider_code IS NOT NULL))[1] AS last_code
FROM deliveries
WHERE channel = $1 AND created_at > clock_timestamp() - interval '10 minutes'
"""


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 - the word of health+json
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """`note` is for operators only; `milliseconds` is how long finding out took."""

    name: str
    status: Status
    note: str
    milliseconds: float
    at: datetime


Finding = tuple[Status, str]


class Health:
    """`provider` is None where it was left out. `schema` is the newest revision, which the
    database should be at.
    """

    def __init__(
        self,
        database: Database,
        memory: ShortMemory,
        dispatcher: Dispatcher,
        tokens: AccessTokens,
        provider: IdentityProvider | None,
        prices: Prices,
        schema: str,
    ) -> None:
        self._database, self._memory = database, memory
        self._dispatcher, self._tokens, self._schema = dispatcher, tokens, schema
        self._provider, self._prices = provider, prices
        self._kept: dict[str, tuple[float, Check]] = {}
        self.draining = False
        self._checks: dict[str, Callable[[], Awaitable[Finding]]] = {
            "postgres": self._postgres,
            "redis": lambda: self._leniently(self._redis),
            "migrations": self._migrations,
            "keys": self._keys,
            "dispatcher": self._dispatching,
            "twilio": lambda: self._leniently(lambda: self._vendor("sms")),
            "sendgrid": lambda: self._leniently(lambda: self._vendor("email")),
            "pricing": self._pricing,
        }
        if provider:
            self._checks["auth0"] = self._identity_provider

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._checks)

    async def all(self) -> list[Check]:
        return list(await asyncio.gather(*(self.one(name) for name in self._checks)))

    async def ready(self) -> list[Check]:
        """Only what a request cannot do without."""
        names = ("postgres", "migrations", "keys")
        return list(await asyncio.gather(*(self.one(name) for name in names)))

    async def one(self, name: str) -> Check:
        """Raises `KeyError` for an unknown name."""
        kept = self._kept.get(name)
        if kept and monotonic() - kept[0] < KEPT:
            return kept[1]
        started = monotonic()
        status, note = await self._found(self._checks[name])
        check = Check(name, status, note, (monotonic() - started) * 1000, datetime.now(UTC))
        self._kept[name] = (monotonic(), check)
        return check

    async def _found(self, look: Callable[[], Awaitable[Finding]]) -> Finding:
        try:
            async with asyncio.timeout(LIMIT):
                return await look()
        except TimeoutError:
            return Status.FAIL, "no answer within a second"
        except Exception as error:
            # Whatever it is, the answer to "is it well" is no, and never a 500.
            return Status.FAIL, type(error.__cause__ or error).__name__

    async def _postgres(self) -> Finding:
        async with self._database.connection() as connection:
            await connection.fetchval("SELECT 1")
        return Status.PASS, ""

    async def _leniently(self, look: Callable[[], Awaitable[Finding]]) -> Finding:
        """Without these the product is slower or says less, but works: never worse than `warn`."""
        status, note = await self._found(look)
        return (Status.WARN if status is Status.FAIL else status), note

    async def _redis(self) -> Finding:
        await self._memory.get("health")
        return Status.PASS, ""

    async def _migrations(self) -> Finding:
        async with self._database.connection() as connection:
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        if revision < self._schema:
            return Status.FAIL, f"at {revision}, needs {self._schema}: run latchkey migrate"
        return Status.PASS, revision

    async def _keys(self) -> Finding:
        """Once there are any, a silent database takes none away."""
        if not self._tokens.ready:
            return Status.FAIL, "no signing key could be read: see the log"
        return Status.PASS, ""

    async def _dispatching(self) -> Finding:
        now, crash = monotonic(), self._dispatcher.crash
        silent = now - self._dispatcher.looked_at
        note = f"{crash.name} {now - crash.at:.0f} s ago" if crash else ""
        if silent > STUCK:
            return Status.FAIL, f"has not looked at the outbox for {silent:.0f} s {note}".strip()
        if crash and now - crash.at < REMEMBERED:
            return Status.WARN, note
        return Status.PASS, ""

    async def _vendor(self, channel: str) -> Finding:
        async with self._database.connection() as connection:
            [row] = await connection.fetch(TRAFFIC, channel)
        note = f"{row['sent']} sent and {row['failed']} failed in 10 minutes"
        if row["since"] is not None:
            note += f", last success {row['since']} s ago"
        if row["last_code"]:
            note += f", last code {row['last_code']}"
        troubled = self._dispatcher.breakers[channel].open or row["failed"] > row["sent"]
        return (Status.WARN if troubled else Status.PASS), note

    async def _identity_provider(self) -> Finding:
        """As the last call or look found it; a warning, as phone and password go on."""
        if self._provider is not None and self._provider.down:
            return Status.WARN, "it did not answer when it was last asked"
        return Status.PASS, ""

    async def _pricing(self) -> Finding:
        """A warning at worst: old prices are shown with their date."""
        current = self._prices.known()
        if current.as_of is None:
            unknown = "whether prices are published is not known yet"
            return Status.WARN, "no prices are published" if self._prices.read else unknown
        age = (current.now - current.as_of).total_seconds()
        note = f"version {current.catalogue.version}, from {current.source}, {age:.0f} s old"
        return (Status.WARN if current.told_as_of else Status.PASS), note


def worst(checks: list[Check]) -> Status:
    """A failure of one is a failure of all; a warning stays one."""
    found = {check.status for check in checks}
    return next((s for s in (Status.FAIL, Status.WARN) if s in found), Status.PASS)
