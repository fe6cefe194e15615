"""The end of a month of the audit trail: what `cleanup` and `serve` do about it once an hour."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import asyncpg
import uvloop

from app.adapters.migrations import upgrade
from app.dev.stores import embedded_stores
from app.domain.cleanup import sql
from bench.place import cpu_seconds
from bench.table import Figure

EVENTS = 5_000_000
MOST = 1.0  # seconds, the promise
# By ten people a second, as the product writes them: with a flow, a network and a request.
FILL = """
INSERT INTO audit_events (event, at, user_id, flow_id, network, request_id)
SELECT (ARRAY['signup:code_sent', 'session:opened', 'password:refused'])[1 + n % 3],
  $1::timestamptz + n * interval '0.4 seconds', md5((n / 20)::text)::uuid,
  sha256((n / 8)::text::bytea), '10.' || n % 200 || '.' || n % 250 || '.0/24', md5(n::text)
FROM generate_series(1, $2::int) n
"""


def cleanup_figures() -> list[Figure]:
    with (
        TemporaryDirectory(prefix="latchkey-cleanup-") as name,
        embedded_stores(Path(name) / "stores") as urls,
    ):
        upgrade(urls.database_url)
        return uvloop.run(_drop(urls.database_url))


async def _drop(url: str) -> list[Figure]:
    day = datetime.now(UTC) - timedelta(days=432)  # of the youngest month that is over
    begins = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = (begins + timedelta(days=32)).replace(day=1)
    connection = await asyncpg.connect(url)
    add = "SELECT add_partition('audit_events', 'at', $1, $2, $3)"
    await connection.execute(add, f"{begins:%Y_%m}", begins, ends)
    await connection.execute(FILL, begins, EVENTS)
    size = await connection.fetchval(
        "SELECT pg_total_relation_size($1::regclass)", f"audit_events_{begins:%Y_%m}"
    )
    await connection.execute("CHECKPOINT")
    pid, started = connection.get_server_pid(), monotonic()
    before = cpu_seconds(pid)
    dropped = await connection.fetchval(*sql.drop_partitions())
    took, cpu = monotonic() - started, cpu_seconds(pid) - before
    await connection.close()
    if dropped != [f"audit_events_{begins:%Y_%m}"]:
        raise ValueError(f"dropped was {dropped}")
    name = f"the end of a month of {EVENTS // 1_000_000} M audit events, {size / 2**30:.1f} GiB"
    aside = f"({cpu:.2f} s of CPU)"
    return [Figure(name, f"{took:.2f} s", "", took, MOST, "s", most=True, aside=aside)]
