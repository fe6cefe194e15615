"""Events are written by what causes them, in its transaction, for those who may be told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import pytest

from app.adapters.postgres import Postgres
from app.domain.events.events import set_receivers
from app.domain.ports import Connection
from app.domain.services import Service
from tests.stores import Stores

ADA = UUID(int=1)
SERVICES = [
    Service(name="all", audience="all", scopes=frozenset({"phone", "email", "plan"})),
    Service(name="mail", audience="mail", scopes=frozenset({"openid", "email"})),
    Service(name="end", audience="end", events=frozenset({"user.deleted"})),
]
PERSON = f"INSERT INTO users (id, phone, email) VALUES ('{ADA}', '+61491570006', 'ada@example.org')"
SESSION = f"""INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
VALUES ('{UUID(int=2)}', '{ADA}', '{{pwd}}', '', '', now(), now())"""
PLAN = f"""INSERT INTO plan_choices (user_id, plan, interval, currency, amount_minor)
VALUES ('{ADA}', 'pro', 'month', 'EUR', 900)"""
OTHER_PLAN = "UPDATE plan_choices SET plan = 'team'"
END = "UPDATE sessions SET revoked_at = now(), revoked_reason = 'signed out'"
ENDED = {"session": str(UUID(int=2)), "reason": "signed out"}
WRITTEN = "SELECT id, service, type, user_id, details FROM events ORDER BY position"


@pytest.fixture(scope="module")
async def database(stores: Stores) -> AsyncIterator[Postgres]:
    one = Postgres(await asyncio.to_thread(stores.new_database))
    await one.open()
    await set_receivers(one, SERVICES)
    yield one
    await one.close()


class RolledBack(Exception):
    pass


async def caused(database: Postgres, *statements: str) -> list[tuple[str, str, dict[str, str]]]:
    """What the last of the statements writes, of which nothing is left behind."""
    written = []
    with suppress(RolledBack):
        async with database.transaction() as connection:
            for statement in statements:
                await connection.execute("DELETE FROM events")
                await connection.execute(statement)
            written = await events(connection)
            raise RolledBack
    async with database.connection() as connection:
        assert await events(connection) == [], "what is rolled back tells nobody"
    return written


async def events(connection: Connection) -> list[tuple[str, str, dict[str, str]]]:
    rows = await connection.fetch(WRITTEN)
    assert {row["user_id"] for row in rows} <= {ADA}
    assert len({row["id"] for row in rows}) <= 1, "all know it by the same id"
    return [(row["service"], row["type"], json.loads(row["details"])) for row in rows]


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ((PERSON,), [("all", "user.created", {}), ("mail", "user.created", {})]),
        (
            (PERSON, "UPDATE users SET email = 'eve@example.org'"),
            [
                ("all", "user.updated", {"changed": "email"}),
                ("mail", "user.updated", {"changed": "email"}),
            ],
        ),
        ((PERSON, "UPDATE users SET phone = NULL"),
         [("all", "user.updated", {"changed": "phone"})]),
        ((PERSON, "UPDATE users SET email = email, last_used_at = now()"), []),
        ((PERSON, PLAN), [("all", "user.plan_changed", {})]),
        ((PERSON, PLAN, OTHER_PLAN), [("all", "user.plan_changed", {})]),
        ((PERSON, PLAN, "UPDATE plan_choices SET amount_minor = 800"), []),
        ((PERSON, PLAN, "DELETE FROM plan_choices"), [("all", "user.plan_changed", {})]),
        (
            (PERSON, SESSION, END),
            [("all", "session.revoked", ENDED), ("mail", "session.revoked", ENDED)],
        ),
        ((PERSON, SESSION, END, END), []),
        ((PERSON, SESSION, "UPDATE sessions SET generation = 2"), []),
        (
            (PERSON, SESSION, PLAN, "DELETE FROM users"),
            [(name, "user.deleted", {}) for name in ("all", "mail", "end")],
        ),
    ],
)  # fmt: skip
async def test_each_cause_tells_who_may_know(
    database: Postgres, statements: tuple[str, ...], told: list[tuple[str, str, dict[str, str]]]
) -> None:
    assert sorted(await caused(database, *statements), key=str) == sorted(told, key=str)


async def test_without_a_receiver_nothing_is_written(database: Postgres) -> None:
    await set_receivers(database, [])
    assert await caused(database, PERSON, PLAN, "DELETE FROM users") == []
    await set_receivers(database, SERVICES)


async def test_who_may_not_write_events_causes_them_all_the_same(database: Postgres) -> None:
    """A server with a role of its own, which was not granted the new tables yet."""
    granted = ("CREATE ROLE stranger", "GRANT INSERT ON users TO stranger", "SET ROLE stranger")
    with suppress(RolledBack):
        async with database.transaction() as connection:
            for statement in (*granted, PERSON, "RESET ROLE"):
                await connection.execute(statement)
            assert [kind for _, kind, _ in await events(connection)] == ["user.created"] * 2
            raise RolledBack
