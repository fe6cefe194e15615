"""Connections to Redis that the network forgot: one more try, and nobody else is kept waiting."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from app.adapters.redis import Redis
from tests.faults.crowded import Wire
from tests.valkeys import running_valkey

LONG = timedelta(minutes=1)
QUIET = 1.2  # seconds until the wire may forget


@pytest.fixture
def wire() -> Iterator[Wire]:
    with running_valkey() as valkey:
        laid = Wire(valkey.socket)
        yield laid
        laid.close()


@pytest.fixture
async def memory(wire: Wire) -> AsyncIterator[Redis]:
    opened = Redis(f"redis://127.0.0.1:{wire.port}/0")
    yield opened
    await opened.close()


async def used_by_five(memory: Redis) -> list[object]:
    asked = (memory.put(f"k{n}", b"1", LONG) for n in range(5))
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_those_that_the_network_forgot_are_replaced(wire: Wire, memory: Redis) -> None:
    assert await used_by_five(memory) == [None] * 5
    await asyncio.sleep(QUIET)
    assert await asyncio.to_thread(wire.forget) == 2, "both ends of one"
    assert await used_by_five(memory) == [None] * 5
    assert await memory.get("k3") == b"1"


async def test_a_command_to_one_silences_nobody(wire: Wire, memory: Redis) -> None:
    assert await used_by_five(memory) == [None] * 5
    await asyncio.sleep(QUIET)
    await asyncio.to_thread(wire.forget)
    assert await memory.get("k1") == b"1"
    assert await memory.get("k2") == b"1"
