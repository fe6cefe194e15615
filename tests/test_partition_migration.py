"""Tables with data become partitioned while servers of the release before write and read on."""

import asyncio
from math import inf

import asyncpg
import pytest

from app.adapters.migrations import ENDS, commands, upgrade
from app.domain.audit import sql as audit_sql
from app.domain.delivery import outbox
from tests.faults.staged import ask
from tests.stores import Stores

BEFORE = "202612010635"  # which servers of the release before had
WARM = 20  # turns after which all plans are kept
ROLE = (
    "DROP ROLE IF EXISTS server_of_before",
    "CREATE ROLE server_of_before",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO server_of_before",
    "REVOKE UPDATE, DELETE ON audit_events FROM server_of_before",
    "GRANT EXECUTE ON FUNCTION forget_audit_events TO server_of_before",
)
ROWS = (
    """
INSERT INTO deliveries
  (id, channel, template, destination, address, network, created_at, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+46701740605', '192.0.2.1', '',
  now() - n * interval '1 minute', now() + interval '1 hour' FROM generate_series(0, 2000) n""",
    """
INSERT INTO audit_events (event, at)
SELECT 'signup:started', now() - n * interval '5 hours' FROM generate_series(1, 2000) n""",
)
QUEUE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at)
VALUES (gen_random_uuid(), 'email', 'email_code', $1, '192.0.2.1', '', now() + interval '1 hour')
"""
CLAIM = outbox.sql.claim_due(texts=1, emails=1, text_sender="twilio", mail_sender="sendgrid")
RECORD = audit_sql.record_event(
    event="signup:started", user_id=None, flow_id=None, network=None, request_id=None, details="{}"
)


class Server:
    """Of the release before, on one connection, with plans that are kept from before."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.turns, self.claimed, self.warm = 0, 0, asyncio.Event()
        self.most = inf

    async def work(self) -> None:
        connection = await asyncpg.connect(self._url)
        await connection.execute("SET ROLE server_of_before")
        while self.turns < self.most:
            async with connection.transaction():
                await connection.execute(*RECORD)
                await connection.execute(QUEUE, f"{self.turns}@example.org")
            self.claimed += len(await connection.fetch(*CLAIM))
            self.turns += 1
            if self.turns == WARM:
                self.warm.set()
        await connection.close()


@pytest.fixture
def url(stores: Stores) -> str:
    empty = stores.empty_database()
    commands(empty).upgrade(BEFORE)
    for statement in (*ROLE, *ROWS):
        ask(empty, statement)
    return empty


async def migrate_beside(server: Server, url: str) -> None:
    working = asyncio.create_task(server.work())
    await asyncio.wait_for(server.warm.wait(), 60)
    await asyncio.to_thread(upgrade, url)
    server.most = server.turns + WARM
    await working


def test_servers_go_on_and_no_row_is_lost_or_written_twice(url: str) -> None:
    server = Server(url)
    asyncio.run(migrate_beside(server, url))
    commands(url).check()
    [told] = ask(url, "SELECT count(*), count(DISTINCT id) AS ids FROM audit_events")
    assert (told["count"], told["ids"]) == (2000 + server.turns,) * 2
    assert ask(url, "SELECT count(*) FROM deliveries")[0]["count"] == 2001 + server.turns
    assert server.claimed > server.turns
    where = "SELECT DISTINCT tableoid::regclass::text AS name FROM deliveries"
    [kept] = (row["name"] for row in ask(url, where))
    assert kept.startswith("deliveries_before_")
    may = "SELECT has_function_privilege('server_of_before', 'make_partitions()', 'EXECUTE') AS may"
    assert ask(url, may)[0]["may"]
    commands(url).upgrade(ENDS[0])  # as one that began at the same time and came later
    for table in ("deliveries", "audit_events"):
        left = f"SELECT FROM pg_constraint WHERE conname = 'ck_{table}_until'"
        assert ask(url, left) == []
