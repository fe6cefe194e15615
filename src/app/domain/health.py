"""Health: one check for each thing the product depends on; vendors by what live traffic shows.

Nothing here sends a message or costs money. A vendor's trouble is a warning: people can still be
signed in, and taking the service away would not help them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from time import monotonic
from typing import Any

from app.domain.checks import Cause, Check, Checks, Finding, Status, WritesRefused, name_cause
from app.domain.concurrency import SingleFlight
from app.domain.delivery.database_limits import NEARLY, DailyCaps
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.delivery.senders import Sender
from app.domain.errors import Unavailable
from app.domain.identity.provider import IdentityProvider
from app.domain.ports import BreachedPasswords, Database, ShortMemory
from app.domain.pricing.prices import Prices
from app.domain.schema_check import find_missing_revisions
from app.domain.sessions.tokens import AccessTokens
from app.domain.sql import load_queries

sql = load_queries(__file__, "health.sql")

LIMIT = 0.9  # seconds a check may take, so that all together are answered within one
KEPT = 2.0  # seconds an outcome is given again
LOOKED_AT_EVERY = 15.0  # seconds between two looks that nobody asks for
STUCK = 10.0  # seconds without a look at the outbox
REMEMBERED = 60.0  # seconds a crash of the dispatcher is told
# Without anything else the product is slower or says less, but works: never worse than `warn`.
MAY_FAIL = ("postgres", "migrations", "keys", "dispatcher")
# Checks that find nothing out while PostgreSQL is away; those of who sends messages are others.
READ_DATABASE = ("migrations", "keys", "dispatcher", "texts", "mails", "pricing", "events",
                 "sms-budget", "outbox", "clock", "partitions", "restore")  # fmt: skip


class Area(StrEnum):
    """What people use, whatever it is made of."""

    ACCOUNT = "account"
    TEXTS = "texts"
    MAILS = "mails"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class AreaState:
    """`since` is when this process first found it so."""

    area: Area
    status: Status
    since: datetime


class Health:
    """`dispatcher` knows who sends. `provider` is None where it was left out. `schema` are the
    revisions that the database should have, the newest last. `breached` are lists of passwords that
    were set up; `more` are checks of other rooms, which warn at worst.
    """

    def __init__(
        self,
        database: Database,
        memory: ShortMemory,
        dispatcher: Dispatcher,
        tokens: AccessTokens,
        provider: IdentityProvider | None,
        prices: Prices,
        schema: Sequence[str],
        daily_caps: DailyCaps,
        breached: Sequence[BreachedPasswords],
        more: Checks,
    ) -> None:
        self._database, self._memory = database, memory
        self._dispatcher, self._tokens, self._schema = dispatcher, tokens, schema
        self._provider, self._prices, self._breached = provider, prices, breached
        self._daily_caps = daily_caps
        self._cached: dict[str, tuple[float, Check]] = {}
        self._under_way = SingleFlight[Check]()
        self.draining = False
        self._senders: dict[str, Sequence[Sender[Any]]] = {
            "sms": dispatcher.texts.all,
            "email": dispatcher.mail.all,
        }
        self._checks = self._always()
        vendors = [each.dependency for senders in self._senders.values() for each in senders]
        self._read_database = {*READ_DATABASE, *(vendor.name for vendor in vendors)}
        if provider:
            vendors.append(provider.dependency)
            self._checks[provider.dependency.name] = self._check_identity_provider
        self.remedies = {vendor.name: vendor.remedy for vendor in vendors}
        self._areas = {
            Area.ACCOUNT: ("postgres", "migrations", "keys"),
            Area.TEXTS: ("texts", "dispatcher"),
            Area.MAILS: ("mails", "dispatcher"),
        } | ({Area.PROVIDER: (provider.dependency.name,)} if provider else {})
        self._area_states: dict[Area, AreaState] = {}
        self._checks |= more
        if breached:
            self._checks["breached-passwords"] = self._check_breached_passwords

    def _always(self) -> Checks:
        """The checks there are everywhere, by name."""
        senders: Checks = {
            each.name: partial(self._check_sender, channel, each)
            for channel in self._senders
            for each in self._senders[channel]
        }
        return {
            "postgres": self._check_postgres,
            "redis": self._check_redis,
            "migrations": self._check_migrations,
            "keys": self._check_keys,
            "dispatcher": self._check_dispatcher,
            **senders,
            "texts": partial(self._cap, "sms"),
            "mails": partial(self._cap, "email"),
            "pricing": self._check_pricing,
        }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._checks)

    async def check_all(self) -> list[Check]:
        return name_cause(await self._check_some(self._checks), self._read_database)

    async def look_at_areas(self) -> list[AreaState]:
        """For people, from the same checks."""
        self._note_areas(await self._check_some(self._checks))
        return list(self._area_states.values())

    async def watch_areas(self) -> None:
        """As that, for nobody: whoever asks next is not answered with what this has found."""
        self._note_areas(await asyncio.gather(*(self._check(name) for name in self._checks)))

    def _note_areas(self, checks: Sequence[Check]) -> None:
        found, now = {check.name: check for check in checks}, datetime.now(UTC)
        for area, names in self._areas.items():
            status = worst([found[name] for name in names] + self._best_sender(area, found))
            known = self._area_states.get(area)
            if known is None or known.status is not status:
                self._area_states[area] = AreaState(area, status, now)

    def _best_sender(self, area: Area, found: dict[str, Check]) -> list[Check]:
        """While one sends, people get their messages."""
        channel = {Area.TEXTS: "sms", Area.MAILS: "email"}.get(area)
        checks = [found[each.name] for each in self._senders[channel]] if channel else []
        return sorted(checks, key=lambda check: check.status is not Status.PASS)[:1]

    async def check_readiness(self) -> list[Check]:
        """Only what a request cannot do without: a page needs no writes, as a rule."""
        found = await self._check_some(("postgres", "migrations", "keys"))
        return [
            replace(each, status=Status.WARN) if each.cause is Cause.WRITES_REFUSED else each
            for each in name_cause(found, self._read_database)
        ]

    async def check_one(self, name: str) -> Check:
        """Raises `KeyError` for an unknown name."""
        if name not in self._read_database:
            return await self._find_or_check(name)
        found = await self._check_some((name, "postgres"))
        return name_cause(found, self._read_database)[0]

    async def _check_some(self, names: Collection[str]) -> list[Check]:
        """What is kept of all of them takes no task."""
        kept = [check for check in map(self._find_kept, names) if check]
        if len(kept) == len(names):
            return kept
        return list(await asyncio.gather(*map(self._find_or_check, names)))

    def _find_kept(self, name: str) -> Check | None:
        at, check = self._cached.get(name, (0.0, None))
        return check if monotonic() - at < KEPT else None

    async def _find_or_check(self, name: str) -> Check:
        looking = partial(self._check, name, keep=True)
        return self._find_kept(name) or await self._under_way.run(name, looking)

    async def _check(self, name: str, *, keep: bool = False) -> Check:
        started, (status, note, cause) = monotonic(), await self._run_check(self._checks[name])
        if status is Status.FAIL and name not in MAY_FAIL:
            status = Status.WARN
        took = (monotonic() - started) * 1000
        check = Check(name, status, note, took, datetime.now(UTC), cause)
        if keep:
            self._cached[name] = (monotonic(), check)
        return check

    async def _run_check(
        self, look: Callable[[], Awaitable[Finding]]
    ) -> tuple[Status, str, Cause | None]:
        try:
            async with asyncio.timeout(LIMIT):
                return *await look(), None
        except TimeoutError:
            return Status.FAIL, "no answer in time", None
        except WritesRefused as error:
            return Status.FAIL, str(error), Cause.WRITES_REFUSED
        except Exception as error:
            # Whatever it is, the answer to "is it well" is no, and never a 500.
            reason = error.reason if isinstance(error, Unavailable) else ""
            return Status.FAIL, reason or type(error.__cause__ or error).__name__, None

    async def _check_postgres(self) -> Finding:
        async with self._database.connection() as connection:
            reason = await connection.fetchval(*sql.find_why_read_only())
        reason = reason or self._database.refused_writes
        if reason:
            raise WritesRefused(f"takes no writes: {reason}")
        return Status.PASS, ""

    async def _check_redis(self) -> Finding:
        note = await self._memory.check()
        return (Status.WARN, note) if note else (Status.PASS, self._memory.primaries)

    async def _check_migrations(self) -> Finding:
        missing, revision = await find_missing_revisions(self._database, self._schema)
        return (Status.FAIL, missing) if missing else (Status.PASS, revision)

    async def _check_keys(self) -> Finding:
        """Once there are any, a silent database takes none away."""
        if not self._tokens.is_ready:
            return Status.FAIL, "no signing key could be read: see the log"
        return Status.PASS, ""

    async def _check_dispatcher(self) -> Finding:
        now, crash = monotonic(), self._dispatcher.crash
        silent = now - self._dispatcher.looked_at
        note = f"{crash.name} {now - crash.at:.0f} s ago" if crash else ""
        if silent > STUCK:
            return Status.FAIL, f"has not looked at the outbox for {silent:.0f} s {note}".strip()
        is_recent = crash and now - crash.at < REMEMBERED
        return (Status.WARN, note) if is_recent else (Status.PASS, "")

    async def _check_sender(self, channel: str, sender: Sender[Any]) -> Finding:
        async with self._database.connection() as connection:
            query = sql.find_traffic(channel=channel, sender=sender.name)
            [row] = await connection.fetch(*query)
        note = f"{row['sent']} sent and {row['failed']} failed in 10 minutes"
        if row["since"] is not None:
            note += f", last success {row['since']} s ago"
        if row["last_code"]:
            note += f", last code {row['last_code']}"
        if row["waiting"]:
            note += f", {row['waiting']} wait to be tried again"
        breaker = sender.breaker
        if breaker.is_open:
            note += ", left alone for some seconds after failures in a row"
        if breaker.words:
            note += f", last trouble: {breaker.words}"
        troubled = breaker.is_open or row["waiting"] or row["failed"] > row["sent"]
        return (Status.WARN if troubled else Status.PASS), note

    async def _cap(self, channel: str) -> Finding:
        """A warning at worst: who needs no message is let in by other ways."""
        used = await self._daily_caps.look(channel)
        return (Status.WARN if used.percent >= NEARLY else Status.PASS), used.words

    async def _check_identity_provider(self) -> Finding:
        """As the last call or look found it; a warning, as phone and password go on."""
        trouble = self._provider.trouble if self._provider else ""
        return (Status.WARN if trouble else Status.PASS), trouble

    async def _check_breached_passwords(self) -> Finding:
        """As the last question found it; a warning, as passwords are taken without it."""
        trouble = "; ".join(known.trouble for known in self._breached if known.trouble)
        return (Status.WARN if trouble else Status.PASS), trouble

    async def _check_pricing(self) -> Finding:
        """A warning at worst: old prices are shown with their date."""
        current = self._prices.get_known()
        if current.as_of is None:
            unknown = "whether prices are published is not known yet"
            return Status.WARN, "no prices are published" if self._prices.read else unknown
        age = (current.now - current.as_of).total_seconds()
        note = f"version {current.catalogue.version}, from {current.source}, {age:.0f} s old"
        return (Status.WARN if current.shown_as_of else Status.PASS), note


def worst(states: Sequence[Check | AreaState]) -> Status:
    """A failure of one is a failure of all; a warning stays one."""
    found = {each.status for each in states}
    return next((s for s in (Status.FAIL, Status.WARN) if s in found), Status.PASS)
