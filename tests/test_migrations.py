"""The migrations: from nothing to the newest schema, which the code declares, and back."""

import re
from hashlib import sha256

import pytest

from app.adapters.migrations import commands, upgrade
from app.adapters.postgres import FOLDER, list_revisions, newest_revision
from tests.faults.staged import ask
from tests.stores import Stores

TABLES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
# Of tables, columns, indexes, functions, columns that may be null, and conditions with whether all
# rows were checked: each migration changes at least one of them.
RELATIONS = """
SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION SELECT table_name || '.' || column_name FROM information_schema.columns
  WHERE table_schema = 'public'
UNION SELECT table_name || '.' || column_name || '?' FROM information_schema.columns
  WHERE table_schema = 'public' AND is_nullable = 'YES'
UNION SELECT table_name || '.' || column_name || ' = ' || column_default
  FROM information_schema.columns WHERE table_schema = 'public'
UNION SELECT conname || '!' || convalidated FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND contype = 'c'
"""

# Databases out there have these. Whoever adds a migration after a release moves this on; below it
# none is ever added: a database beyond would never have it.
RELEASED_UP_TO = "202612010400"
RELEASED = "bed5f406eef3480e"  # SHA-256 of their list


OWNER = """
DO $$ BEGIN
  IF to_regrole('ordinary') IS NULL THEN CREATE ROLE ordinary LOGIN; END IF;
  EXECUTE format('ALTER DATABASE %I OWNER TO ordinary', current_database());
END $$
"""


@pytest.fixture
def url(stores: Stores) -> str:
    """As deployments have it: its owner may do nothing else, and is no superuser."""
    empty = stores.empty_database()
    ask(empty, OWNER)
    return empty.replace("//latchkey@", "//ordinary@")


def names(url: str, query: str = TABLES) -> set[str]:
    return {row["name"] for row in ask(url, query)}


def test_from_nothing_to_the_newest_without_drift_and_back(url: str) -> None:
    assert upgrade(url) == newest_revision()
    commands(url).check()
    assert names(url) >= {"users", "identities", "sessions", "deliveries", "audit_events"}
    commands(url).downgrade("base")
    assert names(url) == {"alembic_version"}
    assert upgrade(url) == newest_revision()
    commands(url).check()


def test_each_step_goes_back_and_forth(url: str) -> None:
    at = upgrade(url)
    seen = [names(url, RELATIONS)]
    while at:
        commands(url).downgrade("-1")
        at = next(iter(ask(url, "SELECT version_num FROM alembic_version")), None)
        assert names(url, RELATIONS) != seen[-1]
        seen.append(names(url, RELATIONS))
    for expected in seen[-2::-1]:
        commands(url).upgrade("+1")
        assert names(url, RELATIONS) == expected


def test_drift_is_noticed(url: str) -> None:
    upgrade(url)
    ask(url, "ALTER TABLE users ADD COLUMN surprise text")
    with pytest.raises(Exception, match="surprise"):
        commands(url).check()


def test_no_migration_comes_in_below_one_that_databases_have() -> None:
    released = [each for each in list_revisions() if each <= RELEASED_UP_TO]
    assert sha256(" ".join(released).encode()).hexdigest()[:16] == RELEASED


INDEX = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY).*?\sON\s+(?:ONLY\s+)?([\w{}]+)", re.DOTALL
)
# Their table is made anew: the indexes of its partitions are there, and become parts of its own.
MADE_ANEW = ("202612011133", "202612011134")


def tables_that_wait(migration: str) -> set[str]:
    """Those that are there before it and take no writes while it makes an index."""
    made = re.findall(r"CREATE TABLE (\w+)", migration)
    blind = re.findall(r"op\.create_index", migration)
    return {*INDEX.findall(migration), *blind}.difference(made)


def test_no_migration_makes_an_index_while_others_wait() -> None:
    """But for those that databases have had, which were not changed."""
    files = [
        path
        for path in (FOLDER / "versions").glob("*.py")
        if path.name > RELEASED_UP_TO + "~" and not path.name.startswith(MADE_ANEW)
    ]
    assert len(files) > 10
    assert {
        path.name: found for path in files if (found := tables_that_wait(path.read_text()))
    } == {}


@pytest.mark.parametrize(
    ("migration", "tables"),
    [
        ("CREATE INDEX ix_a ON users (email)", {"users"}),
        ('"CREATE UNIQUE INDEX ix_a"\n    " ON users USING hash (email)"', {"users"}),
        ('f"CREATE INDEX ix_{table} ON {table} (user_id)"', {"{table}"}),
        ('op.create_index("ix_a", "users", ["email"])', {"op.create_index"}),
        ("CREATE INDEX CONCURRENTLY ix_a ON users (email)", set()),
        ("CREATE TABLE users (email text);\nCREATE INDEX ix_a ON users (email)", set()),
    ],
)
def test_one_that_does_is_found(migration: str, tables: set[str]) -> None:
    assert tables_that_wait(migration) == tables


def test_a_database_lists_all_migrations_it_has_had(url: str) -> None:
    upgrade(url)
    listed = "SELECT revision AS name FROM schema_revisions"
    assert names(url, listed) == set(list_revisions())
    commands(url).downgrade("202612010140")
    assert max(names(url, listed)) == "202612010140"
