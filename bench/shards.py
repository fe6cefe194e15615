"""Which statements name the key that a table would be distributed by. The schema is made anew with
tables in hash partitions, which have the rules of a distributed engine: only who names the key is
led to one of them, and a unique rule has to hold the key.
"""

import asyncio
import re
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from tests.statements import FILES, STATEMENTS

from app.adapters.migrations import upgrade
from app.dev.stores import embedded_stores
from bench.table import Figure

SHARDS = 4
KEYS = {
    "users": "id", "sessions": "user_id", "identities": "user_id", "former_passwords": "user_id",
    "former_identities": "user_id", "contact_changes": "user_id", "delayed_changes": "user_id",
    "confirmation_requests": "user_id", "plan_choices": "user_id", "events": "user_id",
    "audit_events": "user_id", "phone_verifications": "flow_id", "email_verifications": "flow_id",
    "identity_proofs": "flow_id", "deliveries": "destination", "password_budgets": "subject",
    "contact_failures": "subject", "refused_sends": "subject",
}  # fmt: skip
# Any value but null, which would lead to no partition at all.
VALUES = {
    "uuid": "'01a23159-732a-768d-86d7-bd02d879eed0'", "bytea": r"'\x01'", "boolean": "true",
    "timestamp with time zone": "now()", "interval": "'1 day'", "date": "'2026-12-01'",
    "jsonb": "'{}'", "smallint": "1", "integer": "1", "bigint": "1", "double precision": "1",
    "numeric": "1",
}  # fmt: skip
INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition,
       i.indisunique AS is_unique,
       ARRAY(SELECT attname::text FROM pg_attribute
             WHERE attrelid = i.indrelid AND attnum = ANY(i.indkey)) AS columns
FROM pg_index i WHERE i.indrelid = $1::text::regclass
"""
TYPES = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'asked'"
PLANNING = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off")


def shard_figures() -> list[Figure]:
    with (
        TemporaryDirectory(prefix="latchkey-shards-") as name,
        embedded_stores(Path(name) / "stores", fast=True) as urls,
    ):
        upgrade(urls.database_url)
        return asyncio.run(_look(urls.database_url))


async def _look(url: str) -> list[Figure]:
    connection: Any = await asyncpg.connect(url)
    try:
        without = [rule for table in KEYS for rule in await _distribute(connection, table)]
        for setting in PLANNING:
            await connection.execute(f"SET {setting}")
        led, spread, refused = await _ask_all(connection)
    finally:
        await connection.close()
    rules = Figure("unique rules without the key", ", ".join(sorted(without)), "", len(without),
                   None, "rules")  # fmt: skip
    none = Figure("statements that need such a rule", ", ".join(refused), "", len(refused), None,
                  "statements")  # fmt: skip
    return [*(_figure(table, led[table], spread[table]) for table in KEYS), rules, none]


def _figure(table: str, led: list[str], spread: list[str]) -> Figure:
    """Led to one partition are those in the first column, the others ask all of them."""
    name = f"`{table}` by `{KEYS[table]}`"
    share = len(led) / max(1, len(led) + len(spread))
    return Figure(name, ", ".join(led), ", ".join(spread), share, None)


async def _distribute(connection: Any, table: str) -> list[str]:
    """The names of its unique rules that cannot be held."""
    whole = f"{table}_whole"
    indexes = await connection.fetch(INDEXES, table)
    await connection.execute(f"ALTER TABLE {table} RENAME TO {whole}")
    await connection.execute(
        f"CREATE TABLE {table} (LIKE {whole} INCLUDING DEFAULTS INCLUDING IDENTITY)"
        f" PARTITION BY HASH ({KEYS[table]})"
    )
    for number in range(SHARDS):
        await connection.execute(
            f"CREATE TABLE {table}_shard_{number} PARTITION OF {table}"
            f" FOR VALUES WITH (MODULUS {SHARDS}, REMAINDER {number})"
        )
    lost = []
    for index in indexes:
        definition = re.sub(r"INDEX (\w+) ON (ONLY )?\S+", rf"INDEX \1_ ON {table}",
                            index["definition"])  # fmt: skip
        if index["is_unique"] and KEYS[table] not in index["columns"]:
            lost.append(index["name"])
            definition = definition.replace("UNIQUE ", "", 1)
        await connection.execute(definition)
    return lost


async def _ask_all(
    connection: Any,
) -> tuple[dict[str, list[str]], dict[str, list[str]], list[str]]:
    """By table: the statements that are led to one partition, and those that ask several. Then
    those that are no statements any more.
    """
    led, spread = defaultdict(list), defaultdict(list)
    refused = []
    for file, query in STATEMENTS:
        same = sum(query.name in vars(queries) for queries in FILES.values()) > 1
        name = f"{Path(file).stem}.{query.name}" if same else query.name
        try:
            plan = await _plan(connection, query.text)
        except asyncpg.InvalidColumnReferenceError:  # ON CONFLICT without its rule
            refused.append(name)
            continue
        asked = defaultdict(set)
        for table, number in re.findall(r" on (\w+)_shard_(\d+)", plan):
            asked[table].add(number)
        for table, numbers in asked.items():
            (spread if len(numbers) > 1 else led)[table].append(name)
    return led, spread, refused


async def _plan(connection: Any, text: str) -> str:
    await connection.execute(f"PREPARE asked AS {text}")
    try:
        types = await connection.fetchval(TYPES)
        values = ", ".join(_value(each) for each in types)
        rows = await connection.fetch(f"EXPLAIN EXECUTE asked{f'({values})' if values else ''}")
    finally:
        await connection.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


def _value(of_type: str) -> str:
    if of_type.endswith("[]"):
        return f"ARRAY[{_value(of_type[:-2])}]::{of_type}"
    value = VALUES.get(of_type, "'x'")
    return f"{value}::{of_type}"
