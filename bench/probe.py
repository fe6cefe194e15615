"""Someone who looks at a page now and then, at their own pace, whatever else is going on."""

import asyncio
import sys
from time import perf_counter

import uvloop

from bench.driver import connected, expect, get, p99
from bench.people import GZIP

PAUSE = 0.01  # seconds between two looks, each at the other of the two servers


async def main(product: int, bare: int, seconds: float, path: str, cookie: str) -> None:
    """Prints the p99 of both. A look that is late counts from when it was due. Raises when it is
    answered with anything but 200.
    """
    asked = (
        (await connected(product), get(path, cookie.encode(), GZIP)),
        (await connected(bare), get("/plain", GZIP)),
    )
    waits: tuple[list[float], list[float]] = ([], [])
    due = perf_counter() + 0.5
    until = due + seconds
    while due < until:
        for (connection, request), waited in zip(asked, waits, strict=True):
            await asyncio.sleep(due - perf_counter())
            await expect(connection, request, 200)
            waited.append(perf_counter() - due)
            due += PAUSE
    print(*(p99(waited) for waited in waits))


if __name__ == "__main__":
    ports, told = map(int, sys.argv[1:3]), sys.argv[4:]
    uvloop.run(main(*ports, float(sys.argv[3]), *told))
