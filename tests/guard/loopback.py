"""Nothing beyond this machine: an audit hook (PEP 578) that refuses every other destination."""

import sys
from ipaddress import ip_address
from typing import Any

NAMES = {"localhost", ""}
TOLD = "a test tried to reach"


def refuse_the_outside(event: str, args: tuple[Any, ...]) -> None:
    """Raises PermissionError, and says so to whoever reads the log of the process."""
    if event not in ("socket.connect", "socket.sendto") or not isinstance(args[1], tuple):
        return
    host = args[1][0]
    if not _is_here(host):
        sys.stderr.write(f"{TOLD} {host}\n")
        raise PermissionError(f"{TOLD} {host}")


def _is_here(host: str) -> bool:
    try:
        return host in NAMES or ip_address(host).is_loopback
    except ValueError:
        return False
