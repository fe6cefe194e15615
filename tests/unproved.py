"""Texts that nobody proves, by the table as it comes: what brings a place under pressure."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.domain.delivery.rooms import Requester, Standing
from app.domain.limit_refusals import TextsStopped
from app.domain.limits import LimitTable
from tests.sends import LIMITS, Sends, number, opened_sends, requester
from tests.stores import Stores, execute

TOLD = """
SELECT details->>'seconds' AS seconds FROM audit_events WHERE event = $1 ORDER BY id
"""


@asynccontextmanager
async def by_the_table(stores: Stores, url: str) -> AsyncIterator[Sends]:
    """But for blocks and addresses, which no test is about."""
    async with opened_sends(stores, url, 14) as made:
        kept = ("texts_per_network", "texts_per_number")
        ample = {name: getattr(made.table, name) for name in LIMITS if name not in kept}
        made.table = replace(LimitTable(), **ample)
        await execute(url, "TRUNCATE audit_events")
        yield made


async def attack(
    sends: Sends,
    times: int,
    networks: int,
    *,
    proved: int = 0,
    first: int = 1,
    standing: Standing = Standing.STRANGER,
) -> None:
    """Numbers all over the country, from so many networks; a minute ago."""
    for n in range(first, first + times):
        code = await sends.send(number(n), requester(n, 100 + n % networks, standing=standing))
        if n < first + proved:
            await sends.prove(code)
    await sends.pass_by(61)


async def refusal(
    sends: Sends, n: int, requester: Requester, *, silent: bool = False
) -> TextsStopped:
    with pytest.raises(TextsStopped) as refused:
        await sends.send(number(n), requester, silent=silent)
    return refused.value
