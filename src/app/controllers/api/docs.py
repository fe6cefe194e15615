"""The document of the API: for programs as OpenAPI, for people as a page."""

import zlib
from functools import cache
from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.controllers.api.reference import read_document, read_reference
from app.web.container import Container
from app.web.page import GZIP, ZIPPED
from app.web.request_info import RequestInfo
from app.web.response import HttpResponse, cache_headers, make_etag, respond_unless_known

PAGE = "api/docs.html"
CACHING = cache_headers(300, 600, 86400)
JSON = (b"content-type", b"application/json")
HEADERS = [JSON, (b"vary", b"Accept-Encoding"), *CACHING]


class ApiDocsController(Controller):
    path = "/api"
    include_in_schema = False

    @get("/openapi.json")
    async def show_document(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """OpenAPI 3.1, for everybody, with the name of the brand."""
        plain, zipped, etag = _document(Container.from_request(request).pages.brand.name)
        response = HttpResponse(200, plain, [*HEADERS])
        if RequestInfo(request.scope).accepts_gzip:
            response = HttpResponse(200, zipped, [*HEADERS, ZIPPED])
        return respond_unless_known(dict(request.scope["headers"]), etag, response)

    @get("/docs")
    async def show_docs(self, request: Request[Any, Any, Any]) -> HttpResponse:
        """Needs no script: whoever wants to try calls out has an example of each."""
        container = Container.from_request(request)
        context = container.get_context(request.scope)
        shared = {"reference": read_reference()}
        return container.pages.render_public(context, PAGE, shared, CACHING[0])


@cache
def _document(product: str) -> tuple[bytes, bytes, bytes]:
    """Plain, zipped, and the entity tag of both. Read when first asked for."""
    document = read_document()
    info = document["info"] | {"title": product}
    plain = msgspec.json.encode(document | {"info": info})
    return plain, zlib.compress(plain, level=9, wbits=GZIP), b"W/" + make_etag(plain)
