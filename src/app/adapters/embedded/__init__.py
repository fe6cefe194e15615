"""PostgreSQL and Valkey for a laptop or a test run: real servers, nothing to install beforehand.

They come as binaries in two packages of the extra `latchkey[embedded]` and are started by us.
"""

from app.adapters.embedded.failure import StoresNotStarted
from app.adapters.embedded.postgres import PostgresServer
from app.adapters.embedded.stores import StoreUrls, embedded_stores
from app.adapters.embedded.valkey import ValkeyServer

__all__ = ["PostgresServer", "StoreUrls", "StoresNotStarted", "ValkeyServer", "embedded_stores"]
