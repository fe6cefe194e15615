"""The product's own limits as a rule to replay traces by: on real stores, whose clock is turned."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import NAMESPACE_OID, uuid5

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.proved import count_settled_sends
from app.domain.delivery.rooms import Standing
from app.domain.delivery.send_limiter import SendLimiter
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limit_refusals import SEND_LIMITS, TextsStopped
from app.domain.limits import DAY, KnownDevice, LimitTable
from app.domain.verification.checking import check_code
from app.domain.verification.codes import PHONE, derive_code
from app.domain.verification.sending import request_code
from app.domain.verification.verification import (
    Challenge,
    VerificationDependencies,
    Verifications,
)
from tests.stores import Stores
from tests.traces import Ask, Asker, Outcome, Verdict, replay
from tests.turned_clock import TurnedClock

BEGAN = datetime(2026, 12, 1, 8, tzinfo=UTC)
KEYS = (b"k" * 32,)
HISTORY = """
INSERT INTO send_counts (channel, region, room, slot, sent, proved)
SELECT 'sms', $1, 'strangers',
       date_bin('10 minutes', statement_timestamp(), 'epoch') - n * interval '10 minutes',
       $2::float8 / 144 / 0.9, $2::float8 / 144
FROM generate_series(1, 14 * 144) n
"""
NEWEST_ROOM = """
SELECT room FROM deliveries WHERE destination = $1 ORDER BY created_at DESC LIMIT 1
"""
USER = "INSERT INTO users (id, phone, email) VALUES ($1, $2, $2 || '@example.org')"


class Latchkey:
    """One process of it."""

    def __init__(
        self, database: Postgres, memory: Redis, clock: TurnedClock, *, mailboxes: bool = False
    ) -> None:
        """`mailboxes`: attackers have one for each text, too."""
        self._database, self._mailboxes = database, mailboxes
        self._counted_at = 0.0
        self.name = "Latchkey, attackers with mailboxes" if mailboxes else "Latchkey"
        table, pseudonyms = LimitTable(), Pseudonyms(KEYS)
        dependencies = VerificationDependencies(
            database,
            memory,
            table,
            SendLimiter(database, memory, table, pseudonyms, clock),
            KEYS,
            pseudonyms,
            Subjects(keys_for("subjects", ("a secret of traces",))),
            "id.example.org",
            TestNumbers(),
            can_call=False,
        )
        self._codes = Verifications(PHONE, dependencies)

    async def begin(self, trace: list[Ask], verified_a_day: int) -> None:
        """The accounts of the trace, and two weeks in which so many texts a day were proved."""
        async with self._database.transaction() as connection:
            await connection.execute(HISTORY, trace[0].phone.region, verified_a_day)
            for ask in trace:
                if ask.asker in (Asker.OWNER, Asker.KNOWN_DEVICE):
                    phone = ask.phone.e164
                    await connection.execute(USER, uuid5(NAMESPACE_OID, phone), phone)

    async def decide(self, ask: Ask) -> Verdict:
        if ask.at - self._counted_at > DAY:
            self._counted_at = ask.at
            await count_settled_sends(self._database)
        is_sign_in = ask.asker in (Asker.OWNER, Asker.KNOWN_DEVICE)
        try:
            await request_code(self._codes, _challenge(ask, is_sign_in), ask.phone)
        except TextsStopped as stopped:
            if not (stopped.email_helps and (ask.has_mailbox or self._mailboxes)):
                return Verdict.EMAIL_FIRST if stopped.email_helps else Verdict.REFUSED
            return await self._decide_once_mailed(ask, stopped.wait)
        except SEND_LIMITS:
            return Verdict.REFUSED
        return Verdict.SENT if await self._is_sent(ask) else Verdict.REFUSED

    async def _decide_once_mailed(self, ask: Ask, wait: int) -> Verdict:
        challenge = replace(_challenge(ask, is_sign_in=False), standing=Standing.MAILED)
        try:
            await request_code(self._codes, challenge, ask.phone)
        except SEND_LIMITS:
            return Verdict.REFUSED
        return Verdict.DELAYED if wait else Verdict.EMAIL_FIRST

    async def _is_sent(self, ask: Ask) -> bool:
        """Nothing is where a sign-in is told alike with and without an account."""
        async with self._database.connection() as connection:
            room = await connection.fetchval(NEWEST_ROOM, ask.phone.e164)
        return room != "withheld"

    async def prove(self, ask: Ask) -> None:
        challenge = _challenge(ask, is_sign_in=False)
        pending = await self._codes.find_pending(challenge)
        assert pending is not None
        async with self._database.connection() as connection:
            nonce = await connection.fetchval(
                "SELECT nonce FROM phone_verifications WHERE id = $1", pending.id
            )
        code = derive_code(KEYS[0], nonce, challenge.purpose, pending.destination, PHONE.digits)
        await check_code(self._codes, challenge, pending, code)
        async with self._database.transaction() as connection:
            assert await self._codes.consume_code(connection, pending)


def _challenge(ask: Ask, is_sign_in: bool) -> Challenge:
    origin = ask.origin
    if ask.asker is Asker.KNOWN_DEVICE:
        origin = replace(origin, known_to=lambda contact: KnownDevice("device", 0))
    standing = Standing.SIGNING_IN if is_sign_in else Standing.STRANGER
    flow = sha256(b"%d" % ask.number).digest()
    return Challenge(flow, "signup", origin, standing=standing)


@asynccontextmanager
async def latchkey(
    url: str, redis_url: str, clock: TurnedClock, *, mailboxes: bool = False
) -> AsyncIterator[Latchkey]:
    database, memory = Postgres(url), Redis(redis_url)
    await database.open()
    try:
        yield Latchkey(database, memory, clock, mailboxes=mailboxes)
    finally:
        await memory.close()
        await database.close()


def replay_ours(
    stores: Stores,
    clock: TurnedClock,
    trace: list[Ask],
    verified_a_day: int,
    *,
    mailboxes: bool = False,
) -> Outcome:
    """In a database of its own, of a product with that history."""
    clock.turn_to(0.0)
    stores.valkey_flush(0)
    url = stores.new_database()

    async def run() -> Outcome:
        async with latchkey(url, stores.redis_url, clock, mailboxes=mailboxes) as rule:
            await rule.begin(trace, verified_a_day)
            return await replay(trace, rule, clock.turn_to)

    return asyncio.run(run())
