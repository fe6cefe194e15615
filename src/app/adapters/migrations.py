"""Schema migrations: Alembic through advanced-alchemy, over our own way to connect."""

import asyncio
from functools import partial

from advanced_alchemy.alembic.commands import AlembicCommands
from advanced_alchemy.config import AlembicAsyncConfig, SQLAlchemyAsyncConfig
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.adapters.engine import build_engine
from app.adapters.postgres import FOLDER, current_revision, newest_revision
from app.adapters.postgres_connection import OUTAGES, POOLED, Connector, describe_failure
from app.domain.errors import Unavailable
from app.settings.database_url import parse_database_url

# Revisions that end a transaction where there may be much data. A condition is added, then checked
# against all rows, then used: in one transaction the lock of the first would last through the
# second. And whoever writes two tables may take their locks in another order. An index that is made
# concurrently has no transaction, and none before it may be open.
ENDS = (
    "202612010621",
    "202612010630",
    "202612010635",
    "202612011129",
    "202612011130",
    "202612011131",
    "202612011133",
)


PATIENCE = 3600.0  # seconds for the turn to migrate: another one may be making a large index


class TurnNotGiven(Exception):
    """Another migration has gone on for longer than the seconds that were waited for it."""


class NewerSchema(Exception):
    """The database is at a revision that a later version has brought; nothing was changed."""


def commands(database_url: str, patience: float = PATIENCE) -> AlembicCommands:
    """Alembic's commands, bound to our folder and this database."""
    connector = Connector(parse_database_url(database_url))
    engine = build_engine(partial(connector.connect, **POOLED), poolclass=NullPool)
    config = SQLAlchemyAsyncConfig(
        engine_instance=engine,
        alembic_config=AlembicAsyncConfig(
            script_location=str(FOLDER), version_table_name="alembic_version"
        ),
    )
    alembic = AlembicCommands(config)
    alembic.config.attributes["patience"] = patience
    return alembic


def upgrade(database_url: str, patience: float = PATIENCE) -> str:
    """To the newest schema, whose revision is returned; safe when several start at once: others
    wait for so many seconds. Raises `Unavailable` when the database does not let us, `TurnNotGiven`
    and `NewerSchema`.
    """
    try:
        at = asyncio.run(current_revision(database_url))
        for revision in (*(each for each in ENDS if at and at < each), "head"):
            commands(database_url, patience).upgrade(revision)
    except CommandError as error:
        found = asyncio.run(current_revision(database_url))
        if found and found > newest_revision():
            raise NewerSchema(found) from error
        raise
    except OUTAGES as error:
        raise Unavailable(reason=describe_failure(error)) from error
    except DBAPIError as error:  # SQLAlchemy's, around its own, around what asyncpg raised
        cause = error.orig.__cause__ if error.orig else None
        if isinstance(cause, OUTAGES):
            raise Unavailable(reason=describe_failure(cause)) from error
        raise
    return newest_revision()
