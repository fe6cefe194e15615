"""Standing in line, and doing together what is asked for several times at once."""

import asyncio

import pytest

from app.domain.concurrency import KeyedLock, SingleFlight
from app.domain.errors import Rejected


async def test_only_one_at_a_time_works_for_one_key() -> None:
    line, inside, most = KeyedLock(), {"a": 0, "b": 0}, {"a": 0, "b": 0}

    async def work(key: str) -> None:
        async with line.hold(key):
            inside[key] += 1
            most[key] = max(most[key], inside[key])
            await asyncio.sleep(0)
            inside[key] -= 1

    await asyncio.gather(*(work(key) for key in "ab" * 20))
    assert most == {"a": 1, "b": 1}


async def test_a_crash_lets_the_next_one_in() -> None:
    line = KeyedLock()
    with pytest.raises(RuntimeError):
        async with line.hold("a"):
            raise RuntimeError
    async with asyncio.timeout(30), line.hold("a"):
        pass


async def test_what_is_asked_for_together_is_done_once() -> None:
    single_flight, done = SingleFlight[int](), []

    async def work() -> int:
        await asyncio.sleep(0.01)
        done.append(1)
        return len(done)

    assert await asyncio.gather(*(single_flight.run("a", work) for _ in range(20))) == [1] * 20
    assert await single_flight.run("a", work) == 2
    assert await asyncio.gather(single_flight.run("b", work), single_flight.run("c", work)) == [
        3,
        4,
    ]


async def test_a_refusal_is_everybodys() -> None:
    single_flight = SingleFlight[int]()

    async def work() -> int:
        await asyncio.sleep(0)
        raise Rejected

    told = await asyncio.gather(
        *(single_flight.run("a", work) for _ in range(3)), return_exceptions=True
    )
    assert [type(outcome) for outcome in told] == [Rejected] * 3


async def test_it_is_finished_when_the_first_to_ask_has_gone() -> None:
    single_flight, done = SingleFlight[str](), asyncio.Event()

    async def work() -> str:
        await done.wait()
        return "done"

    first, second = (asyncio.create_task(single_flight.run("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    done.set()
    assert await second == "done"
