"""A restored backup, by docs/restore.md with the real pg_dump and pg_restore: noticed, settled."""

import asyncio
import re
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from app.adapters.files import KeptFile
from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.dev.stores.files import postgres_program
from app.domain.checks import Status
from app.domain.restores import RestoreGuard
from app.wiring.operations import report_restore
from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.test_house import ROOT

GUIDE = (ROOT / "docs/restore.md").read_text()
ADA, BO = UUID(int=1), UUID(int=2)
PERSON = "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'the old one')"
SESSION = """
INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
VALUES ($1, $1, '{sms}', '', '', now() + interval '1 day', now() + interval '1 day')
"""
ALIVE = "SELECT id FROM sessions WHERE revoked_at IS NULL"
PEOPLE = "SELECT id, password_hash FROM users ORDER BY id"
LATER = "UPDATE restore_marks SET marked_at = clock_timestamp()"
TOLD = "SELECT FROM audit_events WHERE event = 'backup:restored'"
NUMBER = 5  # of the database of Redis


class Backup:
    """A database, what remembers its mark, and the commands of the guide."""

    def __init__(self, stores: Stores, folder: Path) -> None:
        self.url, self.folder = stores.new_database(), folder
        self.redis_url = f"{stores.redis_url}?db={NUMBER}"
        self.file = folder / "mark"
        stores.valkey_flush(NUMBER)

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[RestoreGuard]:
        """Of a process that looks now."""
        database, memory = Postgres(self.url), Redis(self.redis_url)
        await database.open()
        try:
            yield RestoreGuard(database, memory, KeptFile(self.file, "the mark"))
        finally:
            await memory.close()
            await database.close()

    def look(self) -> tuple[Status, str]:
        return asyncio.run(self._look())

    async def _look(self) -> tuple[Status, str]:
        async with self.guard() as guard:
            await guard.look()
            return await report_restore(guard)

    def run(self, program: str) -> None:
        """The line of the guide that begins with it."""
        [line] = re.findall(rf"^{program} .*$", GUIDE, re.MULTILINE)
        words = shlex.split(line.replace('"$DATABASE_URL"', shlex.quote(self.url)))
        command = [str(postgres_program(program)), *words[1:]]
        subprocess.run(command, check=True, cwd=self.folder)


@pytest.fixture
def backup(stores: Stores, tmp_path: Path) -> Backup:
    """Restored, after Ada signed out and changed her password, and Bo left."""
    made = Backup(stores, tmp_path)
    for who, email in ((ADA, "ada@example.org"), (BO, "bo@example.org")):
        ask(made.url, PERSON, who, email)
    ask(made.url, SESSION, ADA)
    assert made.look() == (Status.PASS, "")
    made.run("pg_dump")
    ask(made.url, "UPDATE sessions SET revoked_at = now()")
    ask(made.url, "UPDATE users SET password_hash = 'the new one'")
    ask(made.url, "DELETE FROM users WHERE id = $1", BO)
    ask(made.url, LATER)
    assert made.look() == (Status.PASS, "")
    made.run("pg_restore")
    return made


def test_it_is_noticed_and_settled_by_ending_what_came_back(backup: Backup) -> None:
    assert [tuple(row) for row in ask(backup.url, PEOPLE)] == [
        (ADA, "the old one"), (BO, "the old one"),
    ]  # fmt: skip
    assert len(ask(backup.url, ALIVE)) == 1
    status, words = backup.look()
    assert (status, len(ask(backup.url, TOLD))) == (Status.WARN, 1)
    [advised] = re.findall("latchkey (sessions end --before .*)", words)
    done = typed(*advised.split(), "--yes", "--json", DATABASE_URL=backup.url)
    assert '"sessions": 1' in done.output
    assert '"settles_restore": true' in done.output
    assert ask(backup.url, ALIVE) == []
    assert backup.look() == (Status.PASS, "")
    assert len(ask(backup.url, TOLD)) == 1


@pytest.mark.parametrize(("redis", "file"), [(True, False), (False, True)])
def test_either_memory_is_enough(backup: Backup, stores: Stores, redis: bool, file: bool) -> None:
    if not redis:
        stores.valkey_flush(NUMBER)
    if not file:
        backup.file.unlink()
    assert (backup.look())[0] is Status.WARN


def test_without_any_memory_nothing_is_known(backup: Backup, stores: Stores) -> None:
    stores.valkey_flush(NUMBER)
    backup.file.unlink()
    assert backup.look() == (Status.PASS, "")


def test_an_earlier_end_does_not_settle_it_and_an_operator_may(backup: Backup) -> None:
    backup.look()
    early = typed("sessions", "end", "--before", "2026-01-01", "--yes", DATABASE_URL=backup.url)
    assert early.output == "Sessions ended: 0.\n"
    assert (backup.look())[0] is Status.WARN
    keep = ("sessions", "keep", "--reason", "a rehearsal", "--yes")
    assert typed(*keep, DATABASE_URL=backup.url).exit_code == 0
    assert (backup.look())[0] is Status.PASS
    assert len(ask(backup.url, ALIVE)) == 1
    assert typed(*keep, DATABASE_URL=backup.url).exit_code == 1


def test_ending_all_before_anybody_has_noticed_settles_it_too(backup: Backup) -> None:
    ask(backup.url, "UPDATE restore_marks SET marked_at = marked_at - interval '1 hour'")
    done = typed("sessions", "end", "--all", "--yes", DATABASE_URL=backup.url)
    assert done.output == "Sessions ended: 1.\n"
    assert backup.look() == (Status.PASS, "")


@pytest.mark.parametrize("words", ["end --all", "keep --reason rehearsal"])
def test_a_command_notices_what_no_server_has_noticed_yet(backup: Backup, words: str) -> None:
    stores = {"DATABASE_URL": backup.url, "REDIS_URL": backup.redis_url}
    warned = typed("doctor", **stores).output
    assert re.search("warn  restore: a backup of .* run latchkey sessions end --all", warned)
    assert ask(backup.url, TOLD) == []
    assert typed("sessions", *words.split(), "--yes", **stores).exit_code == 0
    assert backup.look() == (Status.PASS, "")
    assert len(ask(backup.url, TOLD)) == 1
    assert "pass  restore: " in typed("doctor", **stores).output


def test_doctor_tells_of_one_that_nobody_dealt_with(stores: Stores) -> None:
    url = stores.new_database()
    ask(url, "UPDATE restore_marks SET restored_to = now(), lost_until = now(), noticed_at = now()")
    told = typed("doctor", DATABASE_URL=url, REDIS_URL=f"{stores.redis_url}?db=2").output
    assert "warn  restore: a backup of " in told
