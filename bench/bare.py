"""The bare side: Litestar under the very server of `latchkey serve`, doing one thing each."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any
from uuid import uuid4

import asyncpg
from litestar import Litestar, MediaType, get, post
from litestar.datastructures import State

from app.commands.serve import run
from app.settings import read_settings

TABLE = """
CREATE TABLE IF NOT EXISTS bare_rows (
  id uuid PRIMARY KEY, phone text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
)
"""
INSERT = "INSERT INTO bare_rows (id, phone) VALUES ($1, $2)"
READ = "SELECT phone FROM bare_rows WHERE id = $1"
UPDATE = "UPDATE bare_rows SET created_at = clock_timestamp() WHERE id = $1"
THOUSAND = "x" * 1000
ROWS = [uuid4() for _ in range(1000)]
_next = cycle(ROWS)


@get(["/plain", "/health/live"], media_type=MediaType.TEXT)
async def show_plain() -> str:
    return "It is here."


@get("/thousand", media_type=MediaType.TEXT)
async def show_thousand() -> str:
    return THOUSAND


@post("/insert", media_type=MediaType.TEXT, status_code=200)
async def insert_one(state: State) -> str:
    async with state.pool.acquire() as connection:
        await connection.execute(INSERT, uuid4(), "+61491570006")
    return "It is kept."


@get("/read", media_type=MediaType.TEXT)
async def read_one(state: State) -> str:
    async with state.pool.acquire() as connection:
        return str(await connection.fetchval(READ, next(_next)))


@get("/update", media_type=MediaType.TEXT)
async def update_one(state: State) -> str:
    async with state.pool.acquire() as connection:
        await connection.execute(UPDATE, next(_next))
    return "It is changed."


@asynccontextmanager
async def pool(app: Litestar) -> AsyncIterator[None]:
    """As large as the product's."""
    opened: Any = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=0, max_size=20)
    async with opened:
        await opened.execute(TABLE)
        await opened.executemany(INSERT, [(row, "+61491570006") for row in ROWS])
        app.state.pool = opened
        yield


def create_app() -> Litestar:
    handlers = [show_plain, show_thousand, insert_one, read_one, update_one]
    return Litestar(handlers, lifespan=[pool], openapi_config=None, logging_config=None)


if __name__ == "__main__":
    run(read_settings(os.environ), "bench.bare:create_app")
