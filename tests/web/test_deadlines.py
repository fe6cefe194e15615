"""Deadlines of many tasks at once: as `asyncio.timeout`, with one timer for them all."""

import asyncio

import pytest

from app.web.deadlines import Deadlines

SECONDS = 0.1
LONG = 5.0


@pytest.fixture
def deadlines() -> Deadlines:
    return Deadlines(SECONDS)


async def work(deadlines: Deadlines, seconds: float) -> float:
    """How long it was given, of the seconds that it takes."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        with deadlines.start():
            await asyncio.sleep(seconds)
    except TimeoutError:
        return loop.time() - began
    return seconds


async def test_each_is_given_as_long_from_its_own_start(deadlines: Deadlines) -> None:
    """However many others have ended, or were ended, meanwhile."""
    working = []
    for seconds in (LONG, 0.0, LONG, SECONDS / 4, LONG):
        working.append(asyncio.create_task(work(deadlines, seconds)))
        await asyncio.sleep(SECONDS / 3)
    first, short, second, other, third = await asyncio.gather(*working)
    assert (short, other) == (0.0, SECONDS / 4)
    for given in (first, second, third):
        assert SECONDS * 0.9 <= given < LONG


async def test_after_a_rest_there_are_deadlines_again(deadlines: Deadlines) -> None:
    for _ in range(2):
        assert await work(deadlines, 0.0) == 0.0
        assert SECONDS * 0.9 <= await work(deadlines, LONG) < LONG
        await asyncio.sleep(SECONDS * 1.5)


async def test_who_is_cancelled_by_somebody_else_is_cancelled(deadlines: Deadlines) -> None:
    working = asyncio.create_task(work(deadlines, LONG))
    await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await asyncio.sleep(SECONDS * 1.5)  # and what has ended is not cancelled again


async def test_what_has_ended_is_not_cancelled_later(deadlines: Deadlines) -> None:
    with deadlines.start():
        await asyncio.sleep(0)
    await asyncio.sleep(SECONDS * 1.5)


async def test_another_error_stays_what_it_is(deadlines: Deadlines) -> None:
    async def fail_when_cancelled() -> None:
        with deadlines.start():
            try:
                await asyncio.sleep(LONG)
            except asyncio.CancelledError:
                raise KeyError from None

    task = asyncio.current_task()
    with pytest.raises(KeyError):
        await fail_when_cancelled()
    assert task is not None
    assert task.cancelling() == 0
