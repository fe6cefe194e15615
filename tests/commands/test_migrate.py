"""`latchkey migrate`: to the newest schema, however many start at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.adapters.concurrent_indexes import TURN
from app.adapters.migrations import TurnNotGiven, commands, upgrade
from app.adapters.postgres import newest_revision
from tests.commands.running import latchkey
from tests.faults.staged import ask, held, until, waiting
from tests.product import PATIENCE
from tests.stores import Stores

# Who waits for the turn does so between statements.
ASKING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
  AND query = 'SET LOCAL idle_in_transaction_session_timeout = 0'
"""
WAIT_IN_STATEMENT = f"SELECT pg_advisory_xact_lock({TURN})"
BEFORE_INDEX = "202612010621"
WRITE = "INSERT INTO audit_events (event) VALUES ('session:opened')"
IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_audit_events_flow_id'::regclass"
UNFINISHED = """
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_audit_events_flow_id'::regclass
"""


def test_of_several_at_once_one_migrates_and_all_end_at_the_newest(
    stores: Stores, tmp_path: Path
) -> None:
    url = stores.empty_database()
    with ThreadPoolExecutor(2) as threads:
        with held(url, WAIT_IN_STATEMENT):
            started = [
                threads.submit(latchkey, tmp_path, "migrate", ENVIRONMENT="test", DATABASE_URL=url)
                for _ in range(2)
            ]
            until(lambda: ask(url, ASKING)[0]["count"] == 2, 60)
        ended = [one.result() for one in started]
    told = f"The database is at {newest_revision()}.\n"
    assert [(one.returncode, one.stdout) for one in ended] == [(0, told)] * 2
    commands(url).check()


def test_a_table_that_is_in_use_stops_nobody_for_long_and_is_migrated_in_the_end(
    stores: Stores, tmp_path: Path
) -> None:
    """Whoever comes after a migration that waits would wait behind it."""
    url = stores.new_database()
    commands(url).downgrade("202611302240")
    with ThreadPoolExecutor(1) as threads:
        with held(url, "LOCK TABLE sessions IN ACCESS SHARE MODE"):
            started = threads.submit(
                latchkey, tmp_path, "migrate", ENVIRONMENT="test", DATABASE_URL=url
            )
            until(lambda: waiting(url) == 1, 60)
            until(lambda: waiting(url) == 0, 5)
        assert started.result().returncode == 0
    commands(url).check()


def test_nobody_waits_for_an_index_of_a_large_table(stores: Stores, tmp_path: Path) -> None:
    """Nor do two that migrate wait for each other while one makes it."""
    url = stores.new_database()
    commands(url).downgrade(BEFORE_INDEX)
    with ThreadPoolExecutor(2) as threads:
        with held(url, WRITE):
            given = {"ENVIRONMENT": "test", "DATABASE_URL": url}
            started = [threads.submit(latchkey, tmp_path, "migrate", **given) for _ in range(2)]
            until(lambda: waiting(url) == 1 and ask(url, ASKING)[0]["count"] == 2, 60)
            with held(url, f"SET LOCAL lock_timeout = '200ms'; {WRITE}"):
                assert waiting(url) == 1, "it waits for the first writer still"
        assert [each.result().returncode for each in started] == [0, 0]
    commands(url).check()


def test_one_of_an_earlier_version_that_waits_goes_first(stores: Stores, tmp_path: Path) -> None:
    """It waits within a statement, which an index is not made beside."""
    url = stores.new_database()
    commands(url).downgrade(BEFORE_INDEX)
    with ThreadPoolExecutor(2) as threads:
        with held(url, WRITE):
            given = {"ENVIRONMENT": "test", "DATABASE_URL": url}
            started = threads.submit(latchkey, tmp_path, "migrate", **given)
            until(lambda: waiting(url) == 1, 60)
            older = threads.submit(ask, url, WAIT_IN_STATEMENT)
            until(lambda: waiting(url) == 2)
        older.result(PATIENCE)
        assert started.result(PATIENCE).returncode == 0
    commands(url).check()


def test_a_turn_that_does_not_come_is_not_waited_for_without_end(
    stores: Stores,
) -> None:
    url = stores.empty_database()
    with held(url, WAIT_IN_STATEMENT), pytest.raises(TurnNotGiven):
        upgrade(url, patience=0.1)
    assert ask(url, "SELECT to_regclass('users')")[0][0] is None


def test_an_index_that_was_left_unfinished_is_made_anew(stores: Stores) -> None:
    url = stores.new_database()
    commands(url).downgrade("202612010630")
    ask(url, UNFINISHED)
    ask(url, f"UPDATE alembic_version SET version_num = '{BEFORE_INDEX}'")
    commands(url).upgrade("202612010630")
    assert ask(url, IS_VALID)[0]["indisvalid"]


def test_a_schema_of_a_later_version_is_left_as_it_is(stores: Stores, tmp_path: Path) -> None:
    """And ends well: after a downgrade the servers start only once this did."""
    url = stores.new_database()
    ask(url, "UPDATE alembic_version SET version_num = '209912310000'")
    ended = latchkey(tmp_path, "migrate", ENVIRONMENT="test", DATABASE_URL=url)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith("The database is at 209912310000, which a later version")


def test_without_a_database_it_says_what_is_missing(tmp_path: Path) -> None:
    refused = latchkey(tmp_path, "migrate", ENVIRONMENT="test")
    assert refused.returncode == 2
    assert "DATABASE_URL is missing" in refused.stderr
