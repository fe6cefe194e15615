"""Whether a database has all migrations that the code needs."""

from collections.abc import Sequence

from app.domain.ports import Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "schema_check.sql")


async def find_missing_revisions(database: Database, schema: Sequence[str]) -> tuple[str, str]:
    """Of `schema`, whose newest is the last: what is missing, in words for operators and "" for
    nothing, and the newest revision that the database has.
    """
    async with database.connection() as connection:
        revision: str = await connection.fetchval(*sql.find_revision())
        if revision < schema[-1]:
            return f"at {revision}, needs {schema[-1]}: run latchkey migrate", revision
        applied = await connection.fetchval(*sql.list_revisions())
    left_out = [each for each in schema if each not in applied]
    if left_out:
        return f"never had {', '.join(left_out)}, which came in below {revision}", revision
    return "", revision
