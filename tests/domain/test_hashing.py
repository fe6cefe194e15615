"""Hashing: argon2id on a thread a core, a short queue, and results handed over together."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import extract_parameters

from app.domain.identity.hashing import BATCH, KEPT, NICE, QUEUE, Busy, Match, PasswordHashing

CORES = os.cpu_count() or 1
ROOM = CORES + QUEUE


@pytest.fixture
def passwords() -> Iterator[PasswordHashing]:
    made = PasswordHashing()
    yield made
    made.close()


@contextmanager
def held_up(passwords: PasswordHashing) -> Iterator[None]:
    """No hash begins in the meantime."""
    over = threading.Event()
    for _ in range(CORES):
        passwords._threads.submit(over.wait)
    try:
        yield
    finally:
        over.set()


async def asked_while_held_up(passwords: PasswordHashing, count: int) -> list[asyncio.Task[str]]:
    """All of them in the line before the first is begun."""
    with held_up(passwords):
        asked = [
            asyncio.create_task(passwords.hash_password("a quiet door opens")) for _ in range(count)
        ]
        await asyncio.sleep(0)
    return asked


async def test_a_hash_names_its_own_parameters_and_no_two_are_alike(
    passwords: PasswordHashing,
) -> None:
    one, other = [await passwords.hash_password("a quiet door opens") for _ in range(2)]
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert await passwords.verify_password(one, "a quiet door opens")
    for wrong in ("a quiet door open", "A quiet door opens", " a quiet door opens", ""):
        assert not await passwords.verify_password(one, wrong)


async def test_the_decoy_takes_as_long_as_a_hash_and_fits_no_password(
    passwords: PasswordHashing,
) -> None:
    stored = await passwords.hash_password("a quiet door opens")
    assert extract_parameters(passwords.decoy) == extract_parameters(stored)
    found = await passwords.match_password(passwords.decoy, "a quiet door opens")
    assert found is Match.WRONG


COMPOSED, DECOMPOSED = "caf\u00e9 caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301 cafe\u0301"


async def test_a_password_is_the_same_however_its_letters_are_composed(
    passwords: PasswordHashing,
) -> None:
    for chosen in (COMPOSED, DECOMPOSED):
        stored = await passwords.hash_password(chosen)
        for typed in (COMPOSED, DECOMPOSED):
            assert await passwords.match_password(stored, typed) is Match.CURRENT
        assert await passwords.match_password(stored, "cafe cafe cafe") is Match.WRONG
    older = passwords._hasher.hash(DECOMPOSED.encode())
    for typed in (COMPOSED, DECOMPOSED):
        assert await passwords.match_password(older, typed) is Match.OUTDATED


async def test_nothing_else_is_folded(passwords: PasswordHashing) -> None:
    nul = await passwords.hash_password("before\x00after")
    assert not await passwords.verify_password(nul, "before\x00other")


async def test_when_too_many_hash_at_once_the_rest_is_told(passwords: PasswordHashing) -> None:
    asked = await asked_while_held_up(passwords, ROOM + 5)
    done = await asyncio.gather(*asked, return_exceptions=True)
    # Each core has one, sixteen wait, and the seventeenth is told to come back.
    assert [type(outcome) for outcome in done] == [str] * (CORES + 16) + [Busy] * 5
    assert {busy.retry_after for busy in done if isinstance(busy, Busy)} == {2}
    assert await passwords.hash_password("a quiet door opens")


async def test_strangers_leave_a_quarter_of_the_line_to_known_devices(
    passwords: PasswordHashing,
) -> None:
    def ask(count: int, *, known: bool) -> list[asyncio.Task[Match]]:
        looks = (
            passwords.match_password(passwords.decoy, "a guess", known=known) for _ in range(count)
        )
        return [asyncio.create_task(look) for look in looks]

    with held_up(passwords):
        strangers = ask(ROOM, known=False)
        await asyncio.sleep(0)
        known = ask(KEPT + 1, known=True)
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*strangers, *known, return_exceptions=True)
    refused = [isinstance(outcome, Busy) for outcome in outcomes]
    assert refused == [False] * (ROOM - KEPT) + [True] * KEPT + [False] * KEPT + [True]


class Loop(asyncio.SelectorEventLoop):
    """Knows how often other threads woke it."""

    woken = 0

    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> Any:
        self.woken += 1
        return super().call_soon_threadsafe(*args, **kwargs)


def times_woken(at_once: int, passwords: PasswordHashing) -> int:
    async def all_of_them() -> None:
        await asyncio.gather(*await asked_while_held_up(passwords, at_once))

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(all_of_them())
        loop: Any = runner.get_loop()
        return int(loop.woken)


def test_while_more_wait_results_are_handed_over_together(passwords: PasswordHashing) -> None:
    waited_for = ROOM - CORES
    assert times_woken(ROOM, passwords) == -(-waited_for // BATCH) + CORES
    # Nobody waits for others who have not come.
    assert times_woken(1, passwords) == 1


async def test_who_leaves_the_queue_makes_room_and_keeps_nobody(passwords: PasswordHashing) -> None:
    """A person who hangs up while others wait for what was kept back with theirs."""
    for leaving in range(1, ROOM, 3):
        with held_up(passwords):
            asked = [asyncio.create_task(passwords.hash_password("other")) for _ in range(ROOM)]
            await asyncio.sleep(0)
            for task in asked[-leaving:]:
                task.cancel()
            await asyncio.sleep(0)
            asked += [asyncio.create_task(passwords.hash_password("other")) for _ in range(leaving)]
            await asyncio.sleep(0)
        done = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)
        assert [type(outcome) for outcome in done if isinstance(outcome, Exception)] == []
        assert sum(isinstance(outcome, str) for outcome in done) == ROOM


async def test_what_waits_when_it_is_closed_is_called_off(passwords: PasswordHashing) -> None:
    with held_up(passwords):
        asked = [asyncio.create_task(passwords.hash_password("other")) for _ in range(ROOM)]
        await asyncio.sleep(0)
        passwords.close()
    done = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)
    assert {type(outcome) for outcome in done} == {asyncio.CancelledError}


async def test_what_cannot_be_begun_takes_no_room(passwords: PasswordHashing) -> None:
    passwords.close()
    for _ in range(ROOM + 1):
        with pytest.raises(RuntimeError, match="shutdown"):
            await passwords.hash_password("a quiet door opens")


async def test_the_threads_that_hash_stand_back(passwords: PasswordHashing) -> None:
    await passwords.hash_password("a quiet door opens")
    [thread, *_] = [one for one in threading.enumerate() if one.name.startswith("argon2")]
    assert thread.native_id
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, thread.native_id) == own + NICE
