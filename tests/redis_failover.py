"""What is asked of Redis behind sentinels and of a cluster alike."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta

import pytest

from app.adapters.redis import Redis
from app.domain.errors import Unavailable
from app.domain.ports import Tally, Window
from tests.person import Person, new_email, new_phone
from tests.product import Product

LONG = timedelta(minutes=1)
PLANNED = Tally("planned", (Window(3600, 100_000),))


async def count_over(memory: Redis, fail_over: Callable[[], None]) -> int:
    """How often `PLANNED` was counted, for as long as a failover takes."""
    counted, moving = 0, asyncio.create_task(asyncio.to_thread(fail_over))
    while not moving.done():
        with suppress(Unavailable):
            await memory.count([PLANNED], f"entry {counted}")
            counted += 1
        await asyncio.sleep(0.002)
    await moving
    return counted


async def count_before(memory: Redis) -> int | None:
    """What `PLANNED` holds."""
    [before] = (await memory.count([PLANNED], "the last")).before
    return before


def sign_up_over(
    product: Product, away: AbstractContextManager[None], wait: Callable[[], None]
) -> None:
    """The primary is `away` from the code of the text on; `wait` is until another is there."""
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    with away:
        person.give_phone_code(phone)
        wait()
        person.give_email(email)
        person.give_email_code(email)
        assert person.give_password().path == "/signup/done"
    assert (len(product.messages(phone)), len(product.messages(email))) == (1, 1)


async def reason_of(url: str) -> str:
    """Why nothing can be kept there, which names no address."""
    memory = Redis(url)
    with pytest.raises(Unavailable) as told:
        await memory.put("a", b"1", LONG)
    await memory.close()
    assert "127.0.0.1" not in told.value.reason
    return told.value.reason
