"""Changes that waited for their day: several processes that find the same one due at one moment."""

import asyncio
from contextlib import AsyncExitStack

from app.adapters.postgres import Postgres
from app.domain.account.delayed_changes import DelayedChanges
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limits import LimitTable
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import AccessTokens
from tests.faults.dispatchers import DispatcherSetup

DUE = """
WITH someone AS (
  INSERT INTO users (id, phone, email)
  VALUES (gen_random_uuid(), '+61491570006', 'ada@example.org') RETURNING id
)
INSERT INTO delayed_changes (id, user_id, kind, value, network, due_at)
SELECT gen_random_uuid(), id, 'phone', '+61491570156', '', clock_timestamp() FROM someone
"""
DUE_TOO = (
    DUE.replace("ada@", "bob@").replace("570006", "570158").replace("570156", "570157")
)  # after the other
NEVER_FOR_ADA = """
CREATE FUNCTION never_for_ada() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN IF new.phone = '+61491570156' THEN RAISE 'no'; END IF; RETURN new; END $$
"""
CRASHES = """
CREATE TRIGGER crashes BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION never_for_ada()
"""
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
CHANGES = "SELECT kind, old_value, new_value FROM contact_changes"
TOLD = "SELECT channel, template FROM deliveries ORDER BY channel"
PROCESSES = 4


def process(database: Postgres) -> DelayedChanges:
    """As each has one, over connections of its own."""
    sessions = Sessions(
        database,
        LimitTable(),
        AccessTokens("https://a.example.org"),
        (b"",),
        Pseudonyms((b"",)),
        Subjects(keys_for("subjects", ("",))),
    )
    return DelayedChanges(database, sessions)


async def until_all_wait(setup: DispatcherSetup) -> None:
    """For the row of the person, when each has read that the change is due."""
    for _ in range(100):
        [(count,)] = await setup.sql(WAITING)
        if count == PROCESSES:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{count} of {PROCESSES} wait")


async def test_one_change_is_applied_and_told_once(setup: DispatcherSetup) -> None:
    await setup.sql(DUE)
    async with AsyncExitStack() as opened:
        databases = [await opened.enter_async_context(setup.database()) for _ in range(PROCESSES)]
        holder = await opened.enter_async_context(setup.database())
        async with holder.transaction() as connection:
            await connection.execute("SELECT 1 FROM users FOR UPDATE")
            looks = [asyncio.create_task(process(one).apply_due_changes()) for one in databases]
            await until_all_wait(setup)
        assert await asyncio.gather(*looks) == [1] * PROCESSES
    assert await setup.sql(CHANGES) == [("phone", "+61491570006", "+61491570156")]
    told = [("email", "phone_changed"), ("sms", "phone_changed_text")]
    assert await setup.sql(TOLD) == told


async def test_a_change_that_crashes_keeps_no_other_waiting(setup: DispatcherSetup) -> None:
    await setup.sql(DUE)
    await setup.sql(DUE_TOO)
    await setup.sql(NEVER_FOR_ADA)
    await setup.sql(CRASHES)
    async with setup.database() as database:
        assert await process(database).apply_due_changes() == 2
    assert await setup.sql(CHANGES) == [("phone", "+61491570158", "+61491570157")]
