"""Somebody who looks at a page now and then, at their own pace, whatever else is going on."""

import asyncio
import sys
from time import perf_counter

import uvloop

from bench.driver import connected, get, p99
from bench.people import GZIP, Visitor

PAUSE = 0.01  # seconds between two looks, each at the other of the two servers


async def main(product: int, bare: int, seconds: float) -> None:
    """Prints the p99 of both. A look that is late counts from when it was due."""
    asked = (
        (await connected(product), Visitor().get("/signup/phone"), []),
        (await connected(bare), get("/plain", GZIP), []),
    )
    waits: tuple[list[float], list[float]] = ([], [])
    due = perf_counter() + 0.5
    until = due + seconds
    while due < until:
        for (connection, request, _), waited in zip(asked, waits, strict=True):
            await asyncio.sleep(due - perf_counter())
            await connection.ask(request)
            waited.append(perf_counter() - due)
            due += PAUSE
    print(*(p99(waited) for waited in waits))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
