"""A guess is charged for when it was looked at, and then only."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.credentials.budget import PasswordBudget, PasswordLocked, subject_of
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.hashing import QUEUE, Busy, Passwords
from app.domain.limits import LimitTable, Origin
from tests.stores import Stores, execute

EMAIL = EmailAddress("jane.doe@example.org")
STRANGER = Device(Origin.of("192.0.2.1"), "", lambda subject: "")
GUESSED = """
INSERT INTO password_budgets (subject, device, wrong, last_wrong_at)
VALUES ($1, '', $2, clock_timestamp() - interval '3 minutes')
"""
PERSON = """
INSERT INTO users (id, phone, email, password_hash)
VALUES (gen_random_uuid(), '+61491570006', $1, $2)
"""


@dataclass
class Desk:
    url: str
    database: Postgres
    passwords: Passwords
    credentials: Credentials

    async def wrong(self) -> int:
        """As many as are counted for the address."""
        [row] = await execute(self.url, "SELECT coalesce(sum(wrong), 0) FROM password_budgets")
        return int(row["coalesce"])

    async def guess(self) -> None:
        await self.credentials.check(EMAIL, "not the right one", STRANGER)

    async def guess_in_a_full_line(self) -> None:
        """Each core has something to hash, and as much waits as may, all the time."""
        over = asyncio.Event()

        async def one_after_the_other() -> None:
            while not over.is_set():
                await self.passwords.hash("other")

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
async def desk(stores: Stores, url: str) -> AsyncIterator[Desk]:
    database, memory, passwords = Postgres(url), Redis(f"{stores.redis_url}?db=6"), Passwords()
    await database.open()
    budget = PasswordBudget(database, memory, LimitTable())
    yield Desk(url, database, passwords, Credentials(database, passwords, budget))
    passwords.close()
    await memory.close()
    await database.close()


async def test_in_a_full_line_nothing_is_charged(desk: Desk) -> None:
    for _ in range(2):
        await desk.guess_in_a_full_line()
    assert await desk.wrong() == 0
    with pytest.raises(WrongCredentials):
        await desk.guess()
    assert await desk.wrong() == 1


@pytest.mark.parametrize("wrong", [5, 6])
async def test_whose_wait_was_over_may_try_again(desk: Desk, wrong: int) -> None:
    await execute(desk.url, GUESSED, subject_of(EMAIL), wrong)
    await desk.guess_in_a_full_line()
    assert await desk.wrong() == wrong
    with pytest.raises(WrongCredentials):
        await desk.guess()
    with pytest.raises(PasswordLocked):
        await desk.guess()


async def test_whose_wait_was_not_over_has_to_wait(desk: Desk) -> None:
    await execute(desk.url, GUESSED, subject_of(EMAIL), 7)
    with pytest.raises(PasswordLocked) as locked:
        await desk.guess()
    assert locked.value.retry_after == 60
    assert await desk.wrong() == 7


async def test_a_password_that_was_replaced_meanwhile_forgives_nothing(desk: Desk) -> None:
    stored = await desk.passwords.hash("a quiet door opens")
    await execute(desk.url, PERSON, EMAIL.value, stored)
    checked = await desk.credentials.check(EMAIL, "a quiet door opens", STRANGER)
    await execute(desk.url, "UPDATE users SET password_changed_at = clock_timestamp()")
    with pytest.raises(WrongCredentials):
        async with desk.database.transaction() as connection:
            await desk.credentials.forgive(connection, checked)
    assert await desk.wrong() == 1
