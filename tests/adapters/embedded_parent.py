"""A process that uses the embedded stores as `latchkey dev` does, and ways to look at them."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import asyncpg
from redis import Redis
from redis.exceptions import RedisError

from app.dev.stores import StoreUrls

SOURCE = Path(__file__).parents[2] / "src"
# A process as `latchkey dev` is one: it uses the stores until its stdin ends.
PARENT = """
import os, sys
from pathlib import Path
from app.dev.stores import embedded_stores
from app.dev.stores.launch import become_ordinary
data = Path(sys.argv[1])
if "ordinary" in sys.argv and os.geteuid() == 0:
    become_ordinary(data.parent)
with embedded_stores(data, fast=True) as urls:
    print(urls.database_url, urls.redis_url, os.geteuid(), flush=True)
    sys.stdin.read()
"""
# A server that ends in the middle of a greeting makes asyncpg tell of an error of its own.
GONE = (OSError, asyncpg.PostgresError, asyncpg.InternalClientError, RedisError)


@contextmanager
def parent(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], StoreUrls]]:
    command = [sys.executable, "-c", PARENT, str(data), *options]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout
        database_url, redis_url, account = process.stdout.readline().split()
        assert int(account) != 0 or "ordinary" not in options
        yield process, StoreUrls(database_url, redis_url)


def sql(url: str, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return await connection.fetchval(statement, timeout=10)
        finally:
            connection.terminate()

    return asyncio.run(ask())


def redis(url: str, *command: str) -> object:
    with Redis.from_url(url, socket_timeout=10, decode_responses=True) as client:
        return client.execute_command(*command)


def answers(urls: StoreUrls) -> bool:
    try:
        return sql(urls.database_url, "SELECT 1") == 1 and redis(urls.redis_url, "PING") is True
    except GONE:
        return False


def processes_over(data: Path) -> list[int]:
    """The servers work inside their folders; the keeper says its folder on its command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").readlink().is_relative_to(data)
            keeper = f"--data\0{data}\0".encode() in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if inside or keeper:
            found.append(int(entry.name))
    return found


def keeper_of(process: subprocess.Popen[str]) -> int:
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


def eventually(happens: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = monotonic() + seconds
    while not happens() and monotonic() < deadline:
        sleep(0.05)
    return happens()
