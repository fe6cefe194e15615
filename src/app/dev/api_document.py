"""The OpenAPI document of the JSON API, by Litestar's generator from what calls declare.

`python -m app.dev.api_document` writes it beside the API: a server sends that file, and loads
neither the generator nor anything that only it needs.
"""

import json
from inspect import cleandoc
from typing import Annotated, Any

import msgspec
from litestar import Controller, Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Tag
from msgspec import UNSET, Meta, Struct, UnsetType

from app.controllers.api import answers, bodies, pricing
from app.controllers.api.reference import FILE
from app.controllers.api.refusals import BODY, KEYED
from app.controllers.routes import CONTROLLERS
from app.domain.errors import Unauthenticated
from app.web.problems import CODES, status_of

VERSION = "1"
DESCRIPTION = """\
Sign-up, sign-in and accounts for apps, scripts and neighbouring services.

Bodies and answers are JSON in UTF-8. A body with an unknown field, a field twice or one of another
type is refused. Times are in UTC, as RFC 3339 has them. No cookie is read.

A sign-up, a sign-in by phone and a recovery are flows of several calls. Each answer gives a secret
handle (`signup`, `login` or `recovery`) for the next body, and in `step` the end of the address
that it goes to.

What is refused is answered with problem details (RFC 9457). Their `code` is for programs and
stays; `detail` is a sentence for people, in the language of `Accept-Language`. The address in
`type` is a page that says what to do.
"""
TAGS = {
    "Sign-up": "A phone and an e-mail address are proved, then a password makes the account.",
    "Sign-in": "By a code to the phone, by e-mail and password, or by a provider's ID token.",
    "Recovery": "A new password for whoever can read the mail of the account.",
    "Sessions": "Tokens and the sessions they belong to.",
    "Account": "The account of the bearer token. Changes ask for a proof of the last 10 minutes.",
    "Prices": "Plans and what they cost.",
    "Neighbours": "For services that trust the sessions of this one.",
}
BEARER = SecurityScheme(
    type="http",
    scheme="bearer",
    bearer_format="JWT",
    description="The `access_token` of a session that was opened by the API. It lasts 5 minutes.",
)
PROBLEM = "#/components/schemas/Problem"
DONE = "It went well."
BODY_STATUSES, ANY_STATUS = (400, 413, 415), (500, 503)
CHANGING = {"POST", "PATCH", "DELETE"}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names the call, so that it is carried out once however often it is sent: the"
    " same call with it is answered as the first was, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
HEADERS = {
    401: ("WWW-Authenticate", "How to authenticate (RFC 6750).", "string"),
    429: ("Retry-After", "Seconds, where the wait is told.", "integer"),
    503: ("Retry-After", "Seconds, where the wait is told.", "integer"),
}

Schema = dict[str, Any]


class ProblemDetails(Struct, frozen=True):
    """Why a call was refused (RFC 9457)."""

    type: Annotated[
        str,
        Meta(description="A page that says what to do.", examples=["/problems/wrong_code"]),
    ]
    title: Annotated[
        str, Meta(description="The status in words.", examples=["Unprocessable Entity"])
    ]
    status: Annotated[int, Meta(description="The status of the answer.", examples=[422])]
    detail: Annotated[
        str,
        Meta(
            description="A sentence for the person, in their language.",
            examples=["That isn’t the code. You have 4 tries left."],
        ),
    ]
    code: Annotated[
        str,
        Meta(
            description="What it is, for programs. It stays, and has a page at `/problems/{code}`.",
            examples=["wrong_code"],
        ),
    ]
    field: Annotated[
        str | UnsetType, Meta(description="The field it is about.", examples=["code"])
    ] = UNSET
    attempts_left: Annotated[
        int | UnsetType, Meta(description="Tries that the code still allows.", examples=[4])
    ] = UNSET
    retry_after: Annotated[
        int | UnsetType,
        Meta(description="Seconds until the same call may go well.", examples=[30]),
    ] = UNSET
    step: Annotated[
        str | UnsetType,
        Meta(
            description="Where the flow is, where the call was for another step.",
            examples=["email"],
        ),
    ] = UNSET


def make_document() -> Schema:
    controllers: list[type[Controller]] = [
        one for one in CONTROLLERS if str(vars(one)["path"]).startswith("/api/v1")
    ]
    app = Litestar(
        controllers,
        openapi_config=OpenAPIConfig(
            title="Latchkey",
            version=VERSION,
            description=DESCRIPTION,
            tags=[Tag(name, text) for name, text in TAGS.items()],
            components=Components(security_schemes={"bearer": BEARER}),
            use_handler_docstrings=True,
            operation_id_creator=lambda _handler, method, parts: _operation_id(method, parts),
        ),
    )
    document = json.loads(json.dumps(app.openapi_schema.to_schema()))
    handlers = {
        (route.path_format, method.lower()): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
    }
    schemas = document["components"]["schemas"]
    _describe_schemas(schemas)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _tidy(operation, handlers[path, method])
    order = _order(controllers)
    document["paths"] = dict(sorted(document["paths"].items(), key=lambda one: order[one[0]]))
    return dict(_simplify(document))


def _operation_id(method: Any, parts: list[Any]) -> str:
    """`post_signup_phone_code` for `POST /api/v1/signup/phone-code`."""
    names = [f"by_{part.name}" if hasattr(part, "name") else part for part in parts[2:]]
    return "_".join([method.value.lower(), *names]).replace("-", "_")


def _order(controllers: list[type[Controller]]) -> dict[str, int]:
    """As the calls stand in the code, which is the order in which one makes them."""
    app_paths = [
        f"{vars(one)['path']}{path}".replace(":uuid", "").rstrip("/")
        for one in controllers
        for handler in vars(one).values()
        if isinstance(handler, HTTPRouteHandler)
        for path in sorted(handler.paths)
    ]
    return {path: place for place, path in reversed([*enumerate(app_paths)])}


def _tidy(operation: Schema, handler: HTTPRouteHandler) -> None:
    """What Litestar says of refusals is about its own."""
    responses = operation["responses"]
    for status in [*responses]:
        if int(status) >= 400 or status == "default":
            del responses[status]
    for response in responses.values():
        response.pop("headers", None)
        response["description"] = DONE
    if "refusals_of_all" in handler.opt and handler.http_methods & CHANGING:
        operation.setdefault("parameters", []).append(KEY)
    for parameter in operation.get("parameters", ()):
        parameter["required"] |= parameter["name"] == "X-Latchkey-Flow"
    for status, codes in sorted(_codes(operation, handler).items()):
        responses[str(status)] = _refused(status, codes)


def _codes(operation: Schema, handler: HTTPRouteHandler) -> dict[int, list[str]]:
    """Of the refusals that the handler names, and of those that come by its kind."""
    named = [*handler.opt.get("refusals_of_all", ()), *handler.opt.get("refusals", ())]
    statuses = [*ANY_STATUS]
    if KEY in operation.get("parameters", ()):
        named += KEYED
    if "requestBody" in operation:
        named += BODY
        statuses += BODY_STATUSES
    if operation.get("security"):
        named.append(Unauthenticated)
    if any(one["in"] == "path" for one in operation.get("parameters", ())):
        statuses.append(404)
    found: dict[int, list[str]] = {status: [CODES[status]] for status in statuses}
    for refusal in dict.fromkeys(named):
        found.setdefault(status_of(refusal), []).append(refusal.code)
    return found


def _refused(status: int, codes: list[str]) -> Schema:
    """All are problems: a schema for each would be a class for each in a client that is made."""
    refused: Schema = {
        "description": f"Refused: {', '.join(f'`{code}`' for code in codes)}.",
        "x-codes": codes,
        "content": {"application/problem+json": {"schema": {"$ref": PROBLEM}}},
    }
    if status in HEADERS:
        name, text, kind = HEADERS[status]
        refused["headers"] = {name: {"description": text, "schema": {"type": kind}}}
    return refused


def _describe_schemas(schemas: dict[str, Schema]) -> None:
    """With what Litestar leaves out: docstrings, and that bodies take no other fields."""
    (_, made) = msgspec.json.schema_components([ProblemDetails])
    schemas["Problem"] = made["ProblemDetails"] | {"title": "Problem"}
    for module in (answers, bodies, pricing):
        for name, schema in schemas.items():
            declared = getattr(module, name, None)
            if isinstance(declared, type) and declared.__doc__:
                schema.setdefault("description", cleandoc(declared.__doc__))
            if isinstance(declared, type) and issubclass(declared, bodies.Body):
                schema["additionalProperties"] = False


def _simplify(node: Any) -> Any:
    """A choice of one is no choice, and a choice of null is a type beside another."""
    if isinstance(node, list):
        return [_simplify(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {name: _simplify(value) for name, value in node.items() if not _is_noise(name, value)}
    choices = node.get("oneOf", ())
    if len(choices) == 1:
        return {**node.pop("oneOf")[0], **node}
    if len(choices) == 2 and {"type": "null"} in choices and "type" in choices[0]:
        given = node.pop("oneOf")[0]
        return {**given, "type": [given["type"], "null"], **node}
    return node


def _is_noise(name: str, value: Any) -> bool:
    return (name == "deprecated" and value is False) or (name == "required" and value == [])


def write_document() -> str:
    return json.dumps(make_document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(write_document())
