"""Which key signs: the first that all processes know; and which is the oldest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic

import pytest

from app.adapters.postgres import Postgres
from app.domain import processes
from app.domain.identity.users import Subjects
from app.domain.keys import SecretKeys, Signer, fingerprint_of, keys_for
from app.domain.processes import LIFETIME, PATIENCE, Processes, order_secret_keys
from tests.faults.staged import ask
from tests.stores import Stores

OLD, NEW = "o" * 32, "n" * 32
BETWEEN_KEYS = "SELECT max(first_seen_at) - min(first_seen_at) FROM secret_keys"
ENDED = "UPDATE processes SET seen_at = seen_at - interval '31 seconds' WHERE id = $1"


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


@asynccontextmanager
async def running(url: str, *secrets: str) -> AsyncIterator[Processes]:
    database = Postgres(url)
    await database.open()
    one = Processes(SecretKeys(secrets), database)
    await one.exchange()
    yield one
    await database.close()


async def test_a_key_signs_once_all_know_it_and_what_was_derived_follows(url: str) -> None:
    async with running(url, OLD) as before, running(url, NEW, OLD) as after:
        signer = Signer(after.keys.derive("purpose"))
        subject = Subjects(after.keys.derive_oldest("subjects"))
        assert signer.sign(b"x") == Signer(before.keys.derive("purpose")).sign(b"x")
        assert after.trouble.startswith(f"the key {fingerprint_of(NEW)} is not known to ")
        counted = subject.of("+61491570006")
        await asyncio.to_thread(ask, url, ENDED, before.id)
        await after.exchange()
        assert after.trouble == ""
        assert signer.sign(b"x") == Signer(SecretKeys((NEW,)).derive("purpose")).sign(b"x")
        assert signer.verifies(Signer(before.keys.derive("purpose")).sign(b"x"), b"x")
        assert (
            subject.of("+61491570006")
            == counted
            == Subjects(keys_for("subjects", (OLD,))).of("+61491570006")
        )


async def test_the_oldest_is_what_was_seen_first_wherever_it_stands(url: str) -> None:
    async with running(url, OLD), running(url, OLD, NEW) as second, running(url, NEW, OLD) as third:
        oldest = [each.keys.derive_oldest("x")[0] for each in (second, third)]
        assert oldest == [SecretKeys((OLD,)).derive("x")[0]] * 2
        asked = await order_secret_keys(second.database, (OLD, NEW))
        assert asked.by_age == [NEW, OLD]
        assert asked.signs_by == fingerprint_of(OLD)


async def test_of_two_that_come_at_once_the_last_is_the_oldest(url: str) -> None:
    async with running(url, NEW, OLD) as only:
        assert only.keys.by_age == [NEW, OLD]
        assert only.keys.signs_by == fingerprint_of(NEW)
        [(between,)] = await asyncio.to_thread(ask, url, BETWEEN_KEYS)
        assert between == timedelta(milliseconds=1)


async def test_one_that_lacks_what_others_sign_by_says_so(url: str) -> None:
    async with running(url, NEW, OLD) as new, running(url, "x" * 32, OLD) as strange:
        await new.exchange()
        assert new.keys.signs_by == strange.keys.signs_by == fingerprint_of(OLD)
    async with running(url, "y" * 32) as alone:
        assert "is not known to" in alone.trouble


ALL_SILENT = "UPDATE processes SET seen_at = seen_at - interval '1 hour'"
NOWHERE = "postgresql://latchkey@127.0.0.1:1/latchkey"


async def test_after_a_long_silence_who_lived_before_counts_for_a_while(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(url, OLD), running(url, NEW, OLD) as after:
        await asyncio.to_thread(ask, url, ALL_SILENT)
        now = monotonic() + LIFETIME.total_seconds() + 1
        monkeypatch.setattr(processes, "monotonic", lambda: now)
        for _ in "12":
            await after.exchange()
            assert after.keys.signs_by == fingerprint_of(OLD)
            assert after.trouble
            now += PATIENCE - 1
        now += 2
        await after.exchange()
        assert (after.keys.signs_by, after.trouble) == (fingerprint_of(NEW), "")


async def test_at_a_start_while_it_is_away_who_lived_before_counts(url: str) -> None:
    async with running(url, OLD) as before:
        await asyncio.to_thread(ask, url, ALL_SILENT)
        nowhere = Postgres(NOWHERE)
        await nowhere.open()
        late = Processes(SecretKeys((NEW, OLD)), nowhere)
        await late.exchange()
        await nowhere.close()
        late.database = before.database
        await late.exchange()
        assert late.keys.signs_by == fingerprint_of(OLD)
        assert late.trouble
