"""What a path says it takes is what it takes, on every path there is."""

import re

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

ASKED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS")
UUID = "018f3b6e-0000-7000-8000-000000000000"


def paths(app: Litestar) -> list[str]:
    routes = [route.path_format for route in app.routes if isinstance(route, HTTPRoute)]
    assert len(routes) > 50
    return [
        re.sub(r"\{[a-z_]*id\}", UUID, path).replace("{", "").replace("}", "") for path in routes
    ]


async def taken(client: httpx.AsyncClient, path: str) -> set[str]:
    """No store answers, which is 503; a method that is not taken is 405, whatever else is wrong."""
    answers = {method: (await client.request(method, path)).status_code for method in ASKED}
    return {method for method, status in answers.items() if status != 405}


async def test_options_and_a_wrong_method_tell_the_methods_a_path_takes(
    app: Litestar, https: httpx.AsyncClient
) -> None:
    wrong = {}
    for path in paths(app):
        told = [await https.request(method, path) for method in ("OPTIONS", "PUT")]
        assert [answer.status_code for answer in told] == [204, 405], path
        allowed = [set(answer.headers["allow"].split(", ")) for answer in told]
        takes = await taken(https, path)
        if allowed != [takes, takes]:
            wrong[path] = (allowed, takes)
    assert wrong == {}
