"""Which schema the code needs, and which one a database has."""

from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parents[3] / "migrations"


def newest_revision() -> str:
    """The file names start with their time, so the last one is the head."""
    return max(FOLDER.glob("versions/[0-9]*.py")).name.partition("_")[0]


async def current_revision(database_url: str) -> str | None:
    """None for an empty database."""
    connection = await asyncpg.connect(dsn=database_url, timeout=5)
    try:
        known = await connection.fetchval("SELECT to_regclass('alembic_version')")
        if not known:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()
