"""One line of `latchkey doctor`, and the time that finding it out may take."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.adapters.outages import describe_error
from app.domain.checks import Status
from app.domain.errors import Unavailable

LIMIT = 8.0  # seconds that a subject may take
AGAIN = 1.5  # seconds; adapters ask nobody for one second after a failure
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """`fix` is what to do about it; "" where nothing is to be done."""

    name: str
    status: Status
    words: str
    fix: str = ""


Look = Callable[[], Awaitable[Sequence[Line]]]


async def look_within(name: str, fix: str, look: Look, limit: float = LIMIT) -> list[Line]:
    """Its lines, or one that says why there are none: whatever goes wrong hides nothing else.
    `limit` is in seconds.
    """
    try:
        async with asyncio.timeout(limit):
            return [*await look()]
    except TimeoutError:
        words = f"no answer within {limit:.0f} seconds"
    except Unavailable as error:
        words = error.reason or type(error.__cause__ or error).__name__
    except Exception as error:
        words = describe_error(error)
    return [Line(name, Status.FAIL, words, fix)]


async def ask_patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Once more after a pause: pages give up soon, nobody waits for us. Raises `Unavailable`."""
    try:
        return await ask()
    except Unavailable:
        await asyncio.sleep(AGAIN)
        return await ask()


def passed(name: str, words: str) -> Line:
    return Line(name, Status.PASS, words)


def judged(name: str, words: str, *troubles: tuple[bool, Status, str, str]) -> Line:
    """The first of `troubles` that is there: whether it is, how bad it is, its words and the fix;
    else a pass with `words`.
    """
    found = next((each[1:] for each in troubles if each[0]), None)
    return Line(name, *found) if found else passed(name, words)
