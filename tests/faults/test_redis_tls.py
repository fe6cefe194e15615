"""Redis behind a sentinel and as a cluster, by TLS: for those whose certificate is trusted."""

import asyncio
from pathlib import Path

import pytest

from app.adapters.redis import Redis
from app.domain.errors import Unavailable
from app.domain.ports import Tally, Window
from tests.redis_failover import LONG
from tests.tls_redis import TlsRedis

TALLY = Tally("test", (Window(3600, 1),))


async def reason_of(memory: Redis) -> str:
    """Why it takes nothing, "" where it does. A busy machine is slower to agree on keys than an
    answer is waited for.
    """
    for _ in range(60):
        try:
            await memory.put("a", b"1", LONG)
        except Unavailable as refused:
            if not refused.reason.endswith("in time"):
                return refused.reason
            await asyncio.sleep(0.1)
        else:
            return ""
    return "no answer in time"


@pytest.mark.parametrize("kind", ["sentinel", "cluster"])
async def test_all_of_it_goes_by_tls_and_certificates_are_checked(
    tmp_path: Path, kind: str
) -> None:
    servers = TlsRedis(tmp_path)
    with getattr(servers, kind)() as url:
        strange, trusted = Redis(url), Redis(f"{url}?ssl_ca_certs={servers.trusted}")
        assert await reason_of(trusted) == ""
        assert await trusted.get("a") == b"1"
        told = [(await trusted.count([TALLY], entry)).reached is None for entry in ("b", "c")]
        assert (told, await trusted.check()) == ([True, False], "")
        assert trusted.primaries.startswith("127.0.0.1:")
        assert "certificate is not trusted" in await reason_of(strange)
        for memory in (strange, trusted):
            await memory.close()
