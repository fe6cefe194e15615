"""The connections for the lists of the console."""

from sqlalchemy.pool import QueuePool

from app.console.records import build_database
from app.settings import read_settings


async def test_it_opens_no_more_connections_than_operators_count_on(url: str) -> None:
    settings = read_settings({"ENVIRONMENT": "test", "DATABASE_URL": url})
    engine = build_database(settings).get_engine()
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    assert (pool.size(), pool._max_overflow) == (5, 0)
    await engine.dispose()
