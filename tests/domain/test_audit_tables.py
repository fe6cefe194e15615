"""Audit events are insert-only: for the server's own role, and for the owner of the table."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.faults.staged import ask
from tests.stores import Stores

GRANTS = (Path(__file__).parents[2] / "ops/postgresql/server-role.sql").read_text()
ADD = "INSERT INTO audit_events (event, network) VALUES ('signup:started', '192.0.2.0/24')"
OLD = "INSERT INTO audit_events (event, at) VALUES ('signup:old', now() - interval '401 days')"
FORBIDDEN = (
    "UPDATE audit_events SET network = NULL",
    "UPDATE audit_events SET event = 'nothing:happened' WHERE false",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE at < now() - interval '400 days'",
    "TRUNCATE audit_events",
    "TRUNCATE deliveries, audit_events",
)
# Each month is a table, too. One that is made later is granted to nobody.
RIGHTS = """
SELECT relid::regclass::text AS part, level, right_ FROM pg_partition_tree('audit_events'),
  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) right_
WHERE has_table_privilege('latchkey_server', relid, right_)
"""
FORBIDDEN_IN_PART = (
    "UPDATE audit_events_default SET network = NULL",
    "DELETE FROM audit_events_default",
)
FORGET = "SELECT forget_audit_events(NULL, NULL, 10)"


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    """With the role of a server of its own, as docs/deploy.md makes it."""
    fresh = stores.new_database()
    ask(fresh, "CREATE ROLE latchkey_server LOGIN")
    asyncio.run(grant(fresh))
    ask(fresh, ADD)
    return fresh


async def grant(url: str) -> None:
    """The whole file at once, as psql runs it."""
    one = await asyncpg.connect(url)
    await one.execute(GRANTS)
    await one.close()


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Of the owner of all tables, as a server without a role of its own is; a superuser at that."""
    one = await asyncpg.connect(url)
    yield one
    await one.close()


@pytest.mark.parametrize("role", ["NONE", "latchkey_server"])
@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_nobody_takes_anything_out(
    connection: asyncpg.Connection, role: str, statement: str
) -> None:
    await connection.execute(f"SET ROLE {role}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)
    await connection.execute(ADD)


async def test_a_role_of_its_own_does_not_by_pretending_either(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute("SET ROLE latchkey_server")
    await connection.execute("SET latchkey.audit_upkeep = 'on'")
    for statement in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(statement)


@pytest.mark.parametrize("pretends", ["off", "on"])
async def test_nobody_does_by_the_name_of_a_month(
    connection: asyncpg.Connection, pretends: str
) -> None:
    await connection.execute("SET ROLE latchkey_server")
    await connection.execute(f"SET latchkey.audit_upkeep = '{pretends}'")
    for statement in FORBIDDEN_IN_PART:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(statement)


async def test_a_role_of_its_own_has_no_right_to_a_month_also_when_granted_again(
    connection: asyncpg.Connection,
) -> None:
    later = "SELECT add_partition('audit_events', 'at', '2030_01', '2030-01-01', '2030-02-01')"
    for statement in (later, GRANTS, "RESET ROLE"):
        found = [tuple(row) for row in await connection.fetch(RIGHTS)]
        assert found == [("audit_events", 0, "SELECT"), ("audit_events", 0, "INSERT")]
        await connection.execute(statement)


@pytest.mark.parametrize("role", ["NONE", "latchkey_server"])
async def test_a_role_of_its_own_makes_months_and_drops_them(
    connection: asyncpg.Connection, role: str
) -> None:
    await connection.execute(f"SET ROLE {role}")
    assert await connection.fetchval("SELECT make_partitions()") == []
    assert await connection.fetchval("SELECT drop_partitions()") == []


@pytest.mark.parametrize("role", ["NONE", "latchkey_server"])
async def test_one_function_takes_out_what_has_expired(
    connection: asyncpg.Connection, role: str
) -> None:
    for statement in (OLD, OLD, f"SET ROLE {role}"):
        await connection.execute(statement)
    before = await connection.fetchval("SELECT count(*) FROM audit_events")
    assert await connection.fetchval(FORGET) == 2
    assert await connection.fetchval("SELECT count(*) FROM audit_events") == before - 2
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM audit_events")


async def test_nobody_else_may_call_it(connection: asyncpg.Connection) -> None:
    await connection.execute("CREATE ROLE someone_else")
    await connection.execute("SET ROLE someone_else")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(FORGET)


async def test_a_table_of_the_callers_own_is_not_taken_for_it(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute(OLD)
    await connection.execute("CREATE TEMP TABLE audit_events (id bigint, at timestamptz)")
    assert await connection.fetchval(FORGET) == 1
