"""A guess is charged for when it was looked at, and then only."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.credentials.budget import PasswordBudget, PasswordLocked
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.identity.hashing import QUEUE, Busy, PasswordHashing
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limits import LimitTable, Origin
from tests.stores import Stores, execute

EMAIL = "jane.doe@example.org"
SUBJECTS = Subjects(keys_for("subjects", ("a secret",)))
STRANGER = Device(Origin.of("192.0.2.1"), "")
GUESSED = """
INSERT INTO password_budgets (subject, device, wrong, last_wrong_at)
VALUES ($1, '', $2, clock_timestamp() - interval '3 minutes')
"""
COUNTED = "SELECT coalesce(sum(wrong), 0) FROM password_budgets WHERE device = ''"
PERSON = """
INSERT INTO users (id, phone, email, password_hash)
VALUES (gen_random_uuid(), '+61491570006', $1, $2)
"""


@dataclass
class CredentialsSetup:
    url: str
    database: Postgres
    passwords: PasswordHashing
    credentials: Credentials

    async def wrong(self) -> int:
        """As many as are counted for the account, of all strangers together."""
        [row] = await execute(self.url, COUNTED)
        return int(row["coalesce"])

    async def guess(self) -> None:
        await self.credentials.check_password(EMAIL, "not the right one", STRANGER)

    async def guess_in_a_full_line(self) -> None:
        """Each core has something to hash, and as much waits as may, all the time."""
        over = asyncio.Event()

        async def one_after_the_other() -> None:
            while not over.is_set():
                await self.passwords.hash_password("other")

        room = (os.cpu_count() or 1) + QUEUE
        others = [asyncio.create_task(one_after_the_other()) for _ in range(room)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await self.guess()
        over.set()
        await asyncio.gather(*others)


@pytest.fixture
def url(stores: Stores) -> str:
    stores.valkey_flush(6)
    return stores.new_database()


@pytest.fixture
async def setup(stores: Stores, url: str) -> AsyncIterator[CredentialsSetup]:
    database, memory, passwords = (
        Postgres(url),
        Redis(f"{stores.redis_url}?db=6"),
        PasswordHashing(),
    )
    await database.open()
    budget = PasswordBudget(database, memory, LimitTable(), SUBJECTS)
    yield CredentialsSetup(url, database, passwords, Credentials(database, passwords, budget))
    passwords.close()
    await memory.close()
    await database.close()


async def test_in_a_full_line_nothing_is_charged(setup: CredentialsSetup) -> None:
    for _ in range(2):
        await setup.guess_in_a_full_line()
    assert await setup.wrong() == 0
    with pytest.raises(WrongCredentials):
        await setup.guess()
    assert await setup.wrong() == 1


@pytest.mark.parametrize("wrong", [10, 11])
async def test_whose_wait_was_over_may_try_again(setup: CredentialsSetup, wrong: int) -> None:
    await execute(setup.url, GUESSED, SUBJECTS.of(EMAIL), wrong)
    await setup.guess_in_a_full_line()
    assert await setup.wrong() == wrong
    with pytest.raises(WrongCredentials):
        await setup.guess()
    with pytest.raises(PasswordLocked):
        await setup.guess()


async def test_whose_wait_was_not_over_has_to_wait(setup: CredentialsSetup) -> None:
    await execute(setup.url, GUESSED, SUBJECTS.of(EMAIL), 12)
    with pytest.raises(PasswordLocked) as locked:
        await setup.guess()
    assert locked.value.retry_after == 60
    assert await setup.wrong() == 12


async def test_a_password_that_was_replaced_meanwhile_forgives_nothing(
    setup: CredentialsSetup,
) -> None:
    stored = await setup.passwords.hash_password("a quiet door opens")
    await execute(setup.url, PERSON, EMAIL, stored)
    checked = await setup.credentials.check_password(EMAIL, "a quiet door opens", STRANGER)
    await execute(setup.url, "UPDATE users SET password_changed_at = clock_timestamp()")
    with pytest.raises(WrongCredentials):
        async with setup.database.transaction() as connection:
            await setup.credentials.forgive_failures(connection, checked)
    assert await setup.wrong() == 1
