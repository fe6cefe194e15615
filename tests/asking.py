"""Two processes that ask at once for what limits allow, over one Valkey and one PostgreSQL.

This file is also the program of each: it reads an order a line, as JSON, and answers how many were
let through.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields
from typing import Any

from app.adapters.redis import SILENCE
from app.domain.errors import Unavailable
from app.domain.limit_refusals import SEND_LIMITS
from app.domain.limits import Limit, LimitTable, Silent
from tests.sends import SENDS, Sends, limited

TABLE = LimitTable()
# Counted by the short memory alone, or by the audit trail where that is silent.
BY_TALLY = [
    each.name
    for each in fields(TABLE)
    if isinstance(limit := getattr(TABLE, each.name), Limit)
    and limit.silent in (Silent.TRAIL, Silent.OFF)
]


class Pair:
    def __init__(self, processes: list["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def ask(self, name: str, times: Iterable[int], most: int = 0, silent: bool = False) -> int:
        """Both ask at once for half of these; how many were let through."""
        numbers = list(times)
        for at, process in enumerate(self._processes):
            self._order(process, name=name, times=numbers[at::2], most=most, silent=silent)
        return sum(self._answer(process) for process in self._processes)

    def _order(self, process: "subprocess.Popen[str]", **order: object) -> None:
        assert process.stdin
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()

    def _answer(self, process: "subprocess.Popen[str]") -> int:
        assert process.stdout
        return int(process.stdout.readline())


@contextmanager
def running_pair(url: str, redis_url: str) -> Iterator[Pair]:
    words, pipe = [sys.executable, "-m", "tests.asking", url, redis_url], subprocess.PIPE
    with ExitStack() as stack:
        processes = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in "12"]
        for process in processes:
            stack.callback(process.communicate)
        yield Pair(processes)


async def _obey(url: str, redis_url: str) -> None:
    sends = Sends(url, redis_url)
    await sends.database.open()
    ample = sends.table
    while line := await asyncio.to_thread(sys.stdin.readline):
        order: dict[str, Any] = json.loads(line)
        if order["name"] in SENDS:
            sends.table = limited(ample, order["name"], order["most"])
        print(await _carry_out(sends, **order), flush=True)
    await sends.close()


async def _carry_out(sends: Sends, name: str, times: Iterable[int], most: int, silent: bool) -> int:
    limiter = sends.limiter(silent=silent)

    async def ask(n: int) -> bool:
        if name in BY_TALLY:
            tally = getattr(TABLE, name).tally(f"asked:{name}")
            while True:  # an entry that is there already is let through again
                with suppress(Unavailable):  # on a busy machine
                    return not (await sends.memory.count([tally], str(n))).reached
                await asyncio.sleep(SILENCE)
        try:
            await sends.send(*SENDS[name](n), silent=silent, limiter=limiter)
        except (*SEND_LIMITS, Unavailable):
            return False
        return True

    return sum(await asyncio.gather(*map(ask, times)))


if __name__ == "__main__":
    asyncio.run(_obey(*sys.argv[1:]))
