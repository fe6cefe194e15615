"""A primary of PostgreSQL and a standby that has all that was committed, to be promoted."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from app.adapters.migrations import upgrade
from app.dev.stores.files import clear_sockets, data_folder, postgres_program, socket_folder
from app.dev.stores.servers import FAST, PORT, POSTGRES_SETTINGS, USER, PostgresServer
from tests.faults.staged import until
from tests.stores import execute

REPLICATED = {"wal_level": "replica", "max_wal_senders": "4", "shared_buffers": "32MB"}
STREAMS = "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'"
# A commit waits for the standby, so that a failover loses none.
WAIT = "ALTER SYSTEM SET synchronous_standby_names = '*'"
READ_ONLY = "ALTER SYSTEM SET default_transaction_read_only = on"
RELOAD = "SELECT pg_reload_conf()"


class Replicated(PostgresServer):
    def spawn(self, lock: int) -> subprocess.Popen[bytes]:
        settings = POSTGRES_SETTINGS | FAST | REPLICATED
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [str(postgres_program("postgres")), "-D", str(self.folder)]
        return self.launch([*command, "-k", str(self.sockets), *options], lock, self.folder)

    def ask(self, *statements: str) -> object:
        """The answer to the last one."""
        rows = [asyncio.run(execute(self.url, each)) for each in statements]
        return rows[-1][0][0] if rows[-1] else None


class Standby(Replicated):
    primary: PostgresServer

    def _create(self, lock: int) -> None:
        made = self.folder.with_suffix(".new")
        made.mkdir(mode=0o700)
        there = ["-h", str(self.primary.sockets), "-p", str(PORT), "-U", USER]
        how = ["--pgdata", str(made), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        self._run([str(postgres_program("pg_basebackup")), *there, *how], lock, made)
        made.rename(self.folder)


class Pair:
    def __init__(self, primary: Replicated, standby: Standby) -> None:
        self.primary, self.standby = primary, standby

    def url_of(self, database: str, attrs: str = "read-write") -> str:
        """The standby stands first, so whoever takes the first host is wrong."""
        hosts = ",".join(quote(str(each.sockets)) for each in (self.standby, self.primary))
        return (
            f"postgresql://{USER}@/{database}?host={hosts}&port={PORT}&target_session_attrs={attrs}"
        )

    def new_database(self, name: str) -> str:
        """With the newest schema."""
        self.primary.ask(f"CREATE DATABASE {name}")
        known = f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"
        until(lambda: bool(self.standby.ask(known)))
        upgrade(self.url_of(name))
        return self.url_of(name)

    def promote(self) -> None:
        """Returns once it takes writes."""
        assert self.standby.ask("SELECT pg_promote()") is True

    def make_read_only(self) -> None:
        """The primary, which answers still."""
        self.primary.ask(READ_ONLY, RELOAD)


@contextmanager
def running_pair(folder: Path) -> Iterator[Pair]:
    data = [data_folder(folder / name) for name in ("primary", "standby")]
    primary, standby = (
        kind(each, socket_folder(each), durable=False)
        for kind, each in zip((Replicated, Standby), data, strict=True)
    )
    assert isinstance(standby, Standby)
    standby.primary = primary
    try:
        primary.start()
        standby.start()
        until(lambda: bool(primary.ask(STREAMS)))
        primary.ask(WAIT, RELOAD)
        yield Pair(primary, standby)
    finally:
        standby.stop()
        primary.kill()  # it may wait for the standby for ever
        for each in data:
            clear_sockets(each)
