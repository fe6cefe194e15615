"""A filled database: as much as some years of a large product leave behind, made by SQL."""

import asyncio
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
from tests.plans import FILLED

MORE = Path(__file__).with_suffix(".sql")
BIG = ("users", "email_verifications", "phone_verifications", "sessions", "deliveries",
       "audit_events")  # fmt: skip
# No trigger and no foreign key, and room for the sorts of indexes, two at a time.
SETTINGS = {
    "session_replication_role": "replica",
    "synchronous_commit": "off",
    "maintenance_work_mem": "512MB",
    "max_parallel_maintenance_workers": "0",
}
# A UUID of version 7. `uuidv7` takes six times as long, as it asks the system for random bytes.
ID_AT = """
CREATE FUNCTION id_at(at timestamptz, digest text) RETURNS uuid LANGUAGE sql STABLE RETURN
  overlay(
    overlay(digest PLACING lpad(to_hex((date_part('epoch', at) * 1000)::bigint), 12, '0') || '7'
            FROM 1)
    PLACING '8' FROM 17)::uuid
"""
# Those that no constraint needs are made after the rows. Of a table in partitions, its own.
INDEXES = """
SELECT i.indexrelid::regclass::text AS name,
       replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY($1::text[]::regclass[]) AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""
# What is thrown away needs no log, nor to be looked after meanwhile. None of these is referred to.
UNLOGGED = ("sessions", "deliveries", "audit_events")
PARTS = """
SELECT relid::regclass::text FROM (
  SELECT $1::text::regclass AS relid UNION SELECT relid FROM pg_partition_tree($1::text::regclass)
) parts JOIN pg_class c ON c.oid = relid WHERE c.relkind = 'r'
"""

# With those of the system, but for partitions, which come with their table; the large ones first.
TABLES = """
SELECT oid::regclass::text AS name FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence <> 't'
ORDER BY coalesce(array_position($1, relname::text), 0) DESC
"""


async def fill(url: str) -> float:
    """Seconds that it took. With the rights of a superuser, which the embedded stores give."""
    started = perf_counter()
    connection: Any = await asyncpg.connect(url, server_settings=SETTINGS)
    try:
        await connection.execute(ID_AT)
        indexes = await connection.fetch(INDEXES, BIG)
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        await connection.execute("ALTER SYSTEM SET autovacuum = off")
        await connection.execute("SELECT pg_reload_conf()")
        # Each part can be run beside the others, but for the first, which drops partitions.
        first, *some = FILLED.read_text().split("\n\n")
        await connection.execute(first)
        for table in UNLOGGED:
            for part in await connection.fetch(PARTS, table):
                await connection.execute(f"ALTER TABLE {part['relid']} SET UNLOGGED")
        parts = [*MORE.read_text().split("\n\n"), *some]
        await _run(url, [part for part in parts if "INSERT" in part])
        definitions = [index["definition"] for index in indexes]
        await _run(url, sorted(definitions, key=_is_quick))
        await connection.execute("DROP FUNCTION id_at")
        tables = await connection.fetch(TABLES, BIG)
        await _run(url, [f"VACUUM ANALYZE {table['name']}" for table in tables])
    finally:
        await connection.close()
    return perf_counter() - started


def _is_quick(definition: str) -> tuple[bool, bool]:
    """What takes longest comes first, so that nothing long is left for the end: a hash of the
    largest table.
    """
    return "audit_events" not in definition, "USING hash" not in definition


async def _run(url: str, statements: list[str]) -> None:
    """Two at a time."""
    waiting = iter(statements)

    async def one_after_the_other() -> None:
        connection: Any = await asyncpg.connect(url, server_settings=SETTINGS)
        try:
            for statement in waiting:
                await connection.execute(statement)
        finally:
            await connection.close()

    await asyncio.gather(one_after_the_other(), one_after_the_other())
