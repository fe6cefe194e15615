"""`make bench scale`: what is slow, or reads too much, on a database that has been filled."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from tests.plans import plan_of, reads_no_whole_table
from tests.statements import STATEMENTS

from app.adapters.migrations import upgrade
from app.adapters.postgres_connection import KeptAlive
from app.dev.stores import embedded_stores
from bench.filled import BIG, fill
from bench.operations import Measured, measure
from bench.place import postgres_cpu_seconds
from bench.table import Figure

MOST_SECONDS = 60.0
# Of a table in partitions, all of them.
BYTES = """
SELECT sum(pg_table_size(relid))::bigint AS heap, sum(pg_indexes_size(relid))::bigint AS indexes
FROM (SELECT $1::text::regclass AS relid
      UNION SELECT relid FROM pg_partition_tree($1::text::regclass)) parts
"""


def scale_figures() -> list[Figure]:
    with (
        TemporaryDirectory(prefix="latchkey-scale-") as name,
        embedded_stores(Path(name) / "stores", fast=True) as urls,
    ):
        upgrade(urls.database_url)
        seconds = asyncio.run(fill(urls.database_url))
        used = f"{postgres_cpu_seconds(Path(name) / 'stores'):.0f} s of CPU"
        filled = Figure("filling the database", used, "", seconds, MOST_SECONDS, "s", most=True)
        return [filled, *asyncio.run(_look(urls.database_url))]


async def _look(url: str) -> list[Figure]:
    connection: Any = await asyncpg.connect(url, connection_class=KeptAlive)
    try:
        sizes = [await _size(connection, table) for table in BIG]
        reading = [name for file, query in STATEMENTS if (name := await _reads(connection, query))]
        await connection.execute("RESET plan_cache_mode")
        operations = [_figure(each) for each in await measure(connection)]
    finally:
        await connection.close()
    whole = Figure("statements that read a whole table", ", ".join(reading) or "none",
                   f"of {len(STATEMENTS)}", len(reading), 0, "", most=True, must=True)  # fmt: skip
    return [*sizes, whole, *operations]


async def _size(connection: Any, table: str) -> Figure:
    rows = await connection.fetchval(f"SELECT count(*) FROM {table}")
    heap, indexes = await connection.fetchrow(BYTES, table)
    told = f"{heap / rows:.0f} + {indexes / rows:.0f} of indexes"
    name = f"bytes of a row of `{table}`, of {rows:,}"
    return Figure(name, told, "", (heap + indexes) / rows, None, "bytes")


async def _reads(connection: Any, query: Any) -> str:
    """The name of a statement that reads a whole table it must not."""
    plan = await plan_of(connection, query)
    if reads_no_whole_table(query, plan):
        return ""
    print(f"{query.name}\n{plan}\n", file=sys.stderr)
    return str(query.name)


def _figure(of: Measured) -> Figure:
    told = f"{of.milliseconds:.3g} ms"
    return Figure(of.name, told, "", of.rows, of.most_rows, "rows", most=True, must=True)
