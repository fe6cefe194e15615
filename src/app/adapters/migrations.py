"""Schema migrations: Alembic through advanced-alchemy, skipped when there is nothing to do."""

from pathlib import Path

import asyncpg
from advanced_alchemy.alembic.commands import AlembicCommands
from advanced_alchemy.config import AlembicAsyncConfig, EngineConfig, SQLAlchemyAsyncConfig
from sqlalchemy.engine import make_url

FOLDER = Path(__file__).parents[3] / "migrations"


def newest_revision() -> str:
    """The file names start with their time, so the last one is the head."""
    return max(FOLDER.glob("versions/[0-9]*.py")).name.partition("_")[0]


async def current_revision(database_url: str) -> str | None:
    """What the database is at; None for an empty one."""
    connection = await asyncpg.connect(dsn=database_url, timeout=5)
    try:
        known = await connection.fetchval("SELECT to_regclass('alembic_version')")
        return (
            await connection.fetchval("SELECT version_num FROM alembic_version") if known else None
        )
    finally:
        await connection.close()


def commands(database_url: str) -> AlembicCommands:
    """Alembic's commands, bound to our folder and this database."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    config = SQLAlchemyAsyncConfig(
        connection_string=url.render_as_string(hide_password=False),
        engine_config=EngineConfig(connect_args={"timeout": 5}),
        alembic_config=AlembicAsyncConfig(
            script_location=str(FOLDER), version_table_name="alembic_version"
        ),
    )
    return AlembicCommands(config)


def upgrade(database_url: str) -> None:
    """To the newest schema; safe when several start at once (see `migrations/env.py`)."""
    commands(database_url).upgrade("head")
