"""The document of the API: for programs as OpenAPI, for people as a page, into whose rows it is
read once.
"""

import json
import re
import shlex
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Controller, Request, get
from markupsafe import Markup, escape

from app.domain.i18n import join_hyphens
from app.web.container import Container
from app.web.page import GZIP, ZIPPED
from app.web.request_info import RequestInfo
from app.web.response import HttpResponse, cache_headers, make_etag, respond_unless_known

FILE = Path(__file__).with_name("openapi.json")
CODE = re.compile(r"`([^`]+)`")
KINDS = {"date-time": "time", "uuid": "UUID"}

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A field or parameter. `objects` are the names of those that `kind` speaks of."""

    name: str
    kind: str
    is_needed: bool
    meaning: Markup
    example: str
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`objects` are what it answers with, `refused` the codes of problems by status."""

    id: str
    method: str
    path: str
    summary: Markup
    meaning: Markup
    has_token: bool
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    status: str
    objects: tuple[str, ...]
    refused: tuple[tuple[str, tuple[str, ...]], ...]
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str
    meaning: Markup
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Object:
    name: str
    meaning: Markup
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    title: str
    paragraphs: tuple[Markup, ...]
    groups: tuple[Group, ...]
    objects: tuple[Object, ...]


@cache
def read_document() -> Node:
    """From the file beside this module, which `make docs` writes."""
    document: Node = json.loads(FILE.read_bytes())
    return document


@cache
def read_reference() -> Reference:
    """One for all brands: the page says elsewhere whose it is."""
    document = read_document()
    schemas = document["components"]["schemas"]
    calls = [
        (operation["tags"][0], _call(method, path, operation, schemas))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    groups = [
        _group(tag["name"], tag["description"], [c for name, c in calls if name == tag["name"]])
        for tag in document["tags"]
    ]
    shown = [
        Object(name, _marked(schema.get("description", "")), tuple(_rows(schema)))
        for name, schema in schemas.items()
        if not name.endswith("Body")
    ]
    info = document["info"]
    paragraphs = tuple(map(_marked, info["description"].strip().split("\n\n")))
    return Reference(info["title"], paragraphs, tuple(g for g in groups if g.calls), tuple(shown))


def _group(name: str, meaning: str, calls: list[Call]) -> Group:
    return Group(name.lower().replace(" ", "-"), name, _marked(meaning), tuple(calls))


def _call(method: str, path: str, operation: Node, schemas: Node) -> Call:
    responses = operation["responses"]
    status = min(responses)
    content = operation.get("requestBody", {}).get("content", {})
    body = next((_resolved(one["schema"], schemas) for one in content.values()), {})
    refused = [
        (each, tuple(response["x-codes"])) for each, response in responses.items() if each >= "400"
    ]
    return Call(
        operation["operationId"],
        method.upper(),
        path,
        _marked(operation["summary"]),
        _marked(operation.get("description", "")),
        _takes_token(operation),
        tuple(map(_parameter, operation.get("parameters", ()))),
        tuple(_rows(body)),
        status,
        tuple(dict.fromkeys(_names(responses[status]))),
        tuple(refused),
        _example(method.upper(), path, operation, body),
    )


def _example(method: str, path: str, operation: Node, body: Node) -> str:
    """By curl, with the fields that have to be there."""
    parts = ["curl", "-X", method, f"$BASE_URL{path.replace('{', '$').replace('}', '')}"]
    if _takes_token(operation):
        parts += ["-H", "Authorization: Bearer $ACCESS_TOKEN"]
    for one in operation.get("parameters", ()):
        if one["in"] == "header" and one["required"]:
            parts += ["-H", f"{one['name']}: $HANDLE"]
    if body:
        fields = body["properties"]
        wanted = body.get("required") or [*fields][:1]
        given = {name: _first(field) for name, field in fields.items() if name in wanted}
        parts += ["--json", json.dumps(given, ensure_ascii=False)]
    return " ".join(f'"{part}"' if "$" in part else shlex.quote(part) for part in parts)


def _takes_token(operation: Node) -> bool:
    return {"bearer": []} in operation.get("security", ())


def _rows(schema: Node) -> Iterator[Row]:
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield _row(name, field, is_needed=name in needed)
    if "enum" in schema:
        yield from (Row(str(each), "", False, Markup(), "", ()) for each in schema["enum"])


def _row(name: str, field: Node, *, is_needed: bool) -> Row:
    example = _first(field) if "examples" in field else None
    shown = "" if example is None else json.dumps(example, ensure_ascii=False)
    meaning = _marked(field.get("description", "").partition("\n")[0])
    return Row(name, _kind(field), is_needed, meaning, shown, tuple(_names(field)))


def _parameter(one: Node) -> Row:
    schema = {"description": one.get("description", ""), **one["schema"]}
    return _row(one["name"], schema, is_needed=one["required"])


def _first(field: Node) -> Any:
    if "examples" in field:
        return field["examples"][0]
    return True if field.get("type") == "boolean" else ""


def _kind(field: Node) -> str:
    """Of what stands in a schema itself; '' for a bare reference to an object."""
    if "enum" in field or "const" in field:
        return " or ".join(json.dumps(each) for each in field.get("enum", [field.get("const")]))
    for choice in ("oneOf", "allOf", "anyOf"):
        if choice in field:
            return " or ".join(filter(None, map(_kind, field[choice])))
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}".strip()
    types = field.get("type", ())
    named = [types] if isinstance(types, str) else [*types]
    return " or ".join(KINDS.get(field.get("format", ""), n) if n != "null" else n for n in named)


def _names(node: Any) -> Iterator[str]:
    """Of the objects that are referred to."""
    if isinstance(node, dict) and "$ref" in node:
        yield node["$ref"].rpartition("/")[2]
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _names(each)


def _resolved(schema: Node, schemas: Node) -> Node:
    found: Node = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _marked(text: str) -> Markup:
    """Plain text with its code marked."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(join_hyphens(text)))))  # noqa: S704 - escaped before


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
