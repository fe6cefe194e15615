"""The pages of a developer's machine answer nobody but that machine."""

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler

from app.settings.environment import is_loopback

# What proxies and tunnels add. Their requests come from this machine too, for someone elsewhere.
FORWARDED = (
    "forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-original-host",
    "x-envoy-external-address", "cf-connecting-ip", "cf-ray", "cdn-loop", "true-client-ip",
    "fastly-client-ip",
)  # fmt: skip
# Of these there are many: `-For`, `-Host`, `-Proto`, `-Server` and others.
FORWARDED_PREFIX = "x-forwarded-"


async def from_this_machine(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """A guard: 404 for everybody else."""
    if not is_from_this_machine(connection):
        raise NotFoundException


def is_from_this_machine(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Not for another peer, for what a proxy passed on, and for another name of ours, which a site
    on the internet may have made lead here (DNS rebinding).
    """
    client, headers = connection.client, connection.headers
    forwarded = any(
        name in FORWARDED or name.startswith(FORWARDED_PREFIX) for name in map(str.lower, headers)
    )
    named = is_loopback(_hostname(headers.get("host", "")))
    return named and not forwarded and is_loopback(client.host if client else None)


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
