"""Audit events are insert-only: for the server's own role, and for the owner of the table."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.faults.staged import ask
from tests.stores import Stores

DEPLOY = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
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
# Each month is a table, too, and the lines of docs/deploy.md grant rights on all tables.
FORBIDDEN_IN_PART = (
    "UPDATE audit_events_default SET network = NULL",
    "DELETE FROM audit_events_default",
)
FORGET = "SELECT forget_audit_events(NULL, NULL, 10)"


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    """With the role of a server of its own, by the very lines of docs/deploy.md."""
    fresh = stores.new_database()
    [lines] = re.findall(r"```sql\n(CREATE ROLE.*?)```", DEPLOY, re.DOTALL)
    for line in filter(None, lines.split(";\n")):
        ask(fresh, line)
    ask(fresh, ADD)
    return fresh


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
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="insert-only"):
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
