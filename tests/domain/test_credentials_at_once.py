"""Right and wrong passwords of one account at once: no two wait for each other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.credentials.budget import Attempt, PasswordBudget
from app.domain.credentials.credentials import CheckedCredentials, Credentials
from app.domain.credentials.device import Device
from app.domain.errors import TooMany
from app.domain.identity.hashing import PasswordHashing
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limits import MINUTE, KnownDevice, Limit, LimitTable, Origin
from tests.stores import Stores, execute

EMAIL = "jane.doe@example.org"
PERSON = """
INSERT INTO users (id, phone, email, password_hash)
VALUES (gen_random_uuid(), '+61491570006', $1, 'none') RETURNING id
"""
TAKEN = "SELECT FROM password_budgets WHERE device = $1 FOR UPDATE"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
ROOM = Limit(((15 * MINUTE, 100_000),))
PLENTY = LimitTable(
    wrong_passwords_per_account=ROOM,
    wrong_passwords_per_account_and_address=ROOM,
    wrong_passwords_per_address=ROOM,
    wrong_passwords_per_network=ROOM,
)
KNOWN = replace(Origin.of("192.0.2.9"), known_to=lambda contact: KnownDevice("5e1f", 0))
PLACES = [Device(origin, "") for origin in (Origin.of("192.0.2.1"), Origin.of("192.0.2.2"), KNOWN)]
AT_ONCE = 3  # of each from each place


@dataclass
class Account:
    url: str
    user_id: Any
    database: Postgres
    budget: PasswordBudget
    credentials: Credentials

    async def wrong(self, device: Device) -> None:
        await self.budget.take_attempt(EMAIL, device)

    async def right(self, device: Device) -> None:
        attempt, _ = await self.budget.take_attempt(EMAIL, device)
        await self.forgive(attempt)

    async def not_looked_at(self, device: Device) -> None:
        attempt, _ = await self.budget.take_attempt(EMAIL, device)
        await self.take_back(attempt)

    async def replaced(self, device: Device) -> None:
        await self.replace(None)

    async def forgive(self, attempt: Attempt) -> None:
        async with self.database.transaction() as connection:
            await self.credentials.forgive_failures(
                connection, CheckedCredentials(self.user_id, (EMAIL,), None, attempt)
            )

    async def take_back(self, attempt: Attempt) -> None:
        await self.budget.undo_attempt(attempt)

    async def replace(self, attempt: Attempt | None) -> None:
        async with self.database.transaction() as connection:
            await self.budget.forgive_all(connection, EMAIL, PLACES[0].origin)


@pytest.fixture
async def account(stores: Stores) -> AsyncIterator[Account]:
    stores.valkey_flush(6)
    url = await asyncio.to_thread(stores.new_database)
    [row] = await execute(url, PERSON, EMAIL)
    database, memory, passwords = (
        Postgres(url),
        Redis(f"{stores.redis_url}?db=6"),
        PasswordHashing(),
    )
    await database.open()
    budget = PasswordBudget(database, memory, PLENTY, Subjects(keys_for("subjects", ("a secret",))))
    yield Account(url, row["id"], database, budget, Credentials(database, passwords, budget))
    passwords.close()
    await memory.close()
    await database.close()


async def tried(doing: Callable[[Device], Awaitable[None]], device: Device) -> None:
    """A known device has no endless budget here either."""
    with suppress(TooMany):
        await doing(device)


async def test_right_and_wrong_ones_at_once_do_not_deadlock(account: Account) -> None:
    deeds = (account.wrong, account.right, account.not_looked_at, account.replaced)
    for _ in range(8):
        await asyncio.gather(*(tried(deed, place) for place in PLACES for deed in deeds * AT_ONCE))
    await account.database.close()  # by then the server has counted all
    [row] = await execute(account.url, DEADLOCKS)
    assert row["deadlocks"] == 0


@pytest.mark.parametrize("ending", ["forgive", "take_back", "replace"])
async def test_nobody_holds_what_an_attempt_comes_to_next(account: Account, ending: str) -> None:
    """It counts the share of its address first, then what all strangers have."""
    attempt, _ = await account.budget.take_attempt(EMAIL, PLACES[0])
    async with account.database.transaction() as connection:
        await connection.execute(TAKEN, "192.0.2.1/32")
        ended = asyncio.create_task(getattr(account, ending)(attempt))
        await asyncio.sleep(0.2)
        await connection.execute(TAKEN, "")
    await ended


async def what_is_left(account: Account, ending: Callable[[Attempt], Awaitable[None]]) -> list[int]:
    """Of one attempt, which ends at the moment at which another is counted."""
    attempt, _ = await account.budget.take_attempt(EMAIL, PLACES[0])
    async with account.database.transaction() as connection:
        await connection.execute("UPDATE password_budgets SET wrong = wrong + 1")
        ended = asyncio.create_task(ending(attempt))
        await asyncio.sleep(0.2)
    await ended
    return [
        row["wrong"] for row in await execute(account.url, "SELECT wrong FROM password_budgets")
    ]


async def test_what_is_counted_meanwhile_is_forgiven_too(account: Account) -> None:
    assert await what_is_left(account, account.forgive) == []


async def test_what_is_counted_meanwhile_is_not_taken_back(account: Account) -> None:
    assert await what_is_left(account, account.take_back) == [1, 1]
