"""Health while Redis does not even take a connection: a warning, and who counts meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.checks import Finding, Status
from app.domain.health import Health
from app.domain.vitals import CountedBy, Vitals
from tests.standins.silent import lost_packets


@pytest.fixture
async def memory() -> AsyncIterator[Redis]:
    with lost_packets() as port:
        memory = Redis(f"redis://127.0.0.1:{port}")
        yield memory
        await memory.close()


async def hang() -> Finding:
    await asyncio.sleep(60)
    return Status.PASS, ""


async def test_what_warns_at_worst_does_so_too_where_it_takes_too_long(memory: Redis) -> None:
    unused: Any = None
    vitals = Vitals(unused, memory, unused, unused, unused, unused)
    nobody: Any = SimpleNamespace(**dict.fromkeys(("texts", "mail"), SimpleNamespace(all=())))
    more = vitals.checks | {"hanging": hang}
    health = Health(
        Postgres("postgresql://127.0.0.1:1/"), memory, nobody, unused, None, unused, [], unused,
        [], more,
    )  # fmt: skip
    names = ("redis", "hanging", "limits")
    found = await asyncio.gather(*map(health.check_one, names))
    assert [check.status for check in found] == [Status.WARN] * 3
    assert vitals.limits_by is CountedBy.POSTGRESQL
