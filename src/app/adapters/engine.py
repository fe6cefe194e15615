"""SQLAlchemy's engine over our own way to connect: for migrations and for the operators' pages."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def build_engine(connect: Callable[[], Awaitable[Any]], **options: Any) -> AsyncEngine:
    """`connect` opens a connection of asyncpg; `options` are SQLAlchemy's."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        # Behind a pooler others may have left statements of the usual names.
        connect_args={
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"latchkey_{uuid4().hex}",
        },
        **options,
    )
