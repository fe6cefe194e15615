"""Who comes from a network that an operator keeps out starts nothing and guesses nothing here."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.web.container import Container

# Ways in, as pages and as calls. Sessions that are there go on, and people can leave.
WAYS_IN = ("signup", "login", "recovery", "auth0")
API = "/api/v1/"


async def refuse_blocked_networks(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Before a form is read. Raises `NetworkBlocked`."""
    path = connection.scope["path"].removeprefix(API).lstrip("/")
    if path.partition("/")[0] not in WAYS_IN or not _begins(connection, path):
        return
    request: Request[Any, Any, Any] = Request(connection.scope)
    container = Container.from_request(request)
    await container.blocks.check_network(container.get_context(request).origin.address)


def _begins(connection: ASGIConnection[Any, Any, Any, Any], path: str) -> bool:
    """A page that is only looked at does not; the way to the provider is a link, and back, too."""
    return connection.scope.get("method") == "POST" or path.startswith("auth0/")
