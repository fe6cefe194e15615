"""Schema migrations: Alembic through advanced-alchemy."""

from advanced_alchemy.alembic.commands import AlembicCommands
from advanced_alchemy.config import AlembicAsyncConfig, EngineConfig, SQLAlchemyAsyncConfig
from sqlalchemy.engine import make_url

from app.adapters.schema import FOLDER, newest_revision


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


def upgrade(database_url: str) -> str:
    """To the newest schema, whose revision is returned; safe when several start at once."""
    commands(database_url).upgrade("head")
    return newest_revision()
