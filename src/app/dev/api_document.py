"""The OpenAPI document of the JSON API, by Litestar's generator from what calls declare.

`python -m app.dev.api_document` writes it beside the API: a server sends that file, and loads
neither the generator nor anything that only it needs.
"""

import json
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Controller, Litestar, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Components, SecurityScheme, Tag

from app.controllers.api import answers, bodies, pricing
from app.controllers.api.docs import FILE
from app.controllers.api.refusals import BODY, KEYED, ProblemDetails
from app.controllers.routes import CONTROLLERS
from app.domain.errors import Unauthenticated, Unavailable
from app.web.problems import CODES, status_of
from app.web.response import HttpResponse

VERSION = "1"
DESCRIPTION = """\
Sign-up, sign-in and accounts for apps, scripts and neighbouring services.

Bodies and answers are JSON in UTF-8. A body with an unknown field, a field twice or one of another
type is refused. Times are in UTC, as RFC 3339 has them. In the examples `$BASE_URL` is this server.

Cookies are read for forward-auth alone; a bearer token beside our cookies is refused.

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
    "Other services": "Who is signed in, for services that trust this one.",
}
BEARER = SecurityScheme(
    type="http",
    scheme="bearer",
    bearer_format="JWT",
    description="The `access_token` of a session that was opened by the API. It lasts 5 minutes.",
)
BROWSER = SecurityScheme(
    type="apiKey",
    security_scheme_in="cookie",
    name="__Host-access",
    description="The cookie of a browser that is signed in, passed on by a proxy.",
)
PROBLEM = "#/components/schemas/Problem"
DONE = "It went well."
BODY_STATUSES, PATH_STATUSES, ANY_STATUS = (400, 413, 415), (400, 404), (500, 503)
CHANGING = {"POST", "PATCH", "DELETE"}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A random name of the call, so that it is carried out once however often it is"
    " sent: the same call with it is answered as the first was, for 24 hours, but for refusals.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
HEADERS = {
    401: ("WWW-Authenticate", "How to authenticate (RFC 6750).", "string"),
    429: ("Retry-After", "Seconds, where the wait is told.", "integer"),
    503: ("Retry-After", "Seconds, where the wait is told.", "integer"),
}

Schema = dict[str, Any]


@get(
    "/api/v1/forward-auth",
    tags=["Other services"],
    summary="Say who is there, to a proxy",
    security=[{"browser": []}],
    responses={
        204: ResponseSpec(
            None,
            description="Someone is: `X-Latchkey-User`, `-Phone`, `-Email` and `-Plan` say who,"
            " as far as the service may know.",
        ),
        302: ResponseSpec(None, description="To the sign-in, which leads back to the page."),
    },
    refusals=(Unavailable,),
)
async def forward_auth() -> HttpResponse:
    """Asked by a reverse proxy before it lets a request through to a service. The cookies of the
    browser say who is there; those that have run out are renewed in the answer.
    """
    raise NotImplementedError  # it stands here for a handler that the generator passes over


def make_document() -> Schema:
    controllers = list(_controllers())
    app = Litestar(
        [*controllers, forward_auth],
        openapi_config=OpenAPIConfig(
            title="Latchkey",
            version=VERSION,
            description=DESCRIPTION,
            tags=[Tag(name, text) for name, text in TAGS.items()],
            components=Components(security_schemes={"bearer": BEARER, "browser": BROWSER}),
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
    paths = document["paths"]
    ordered = sorted(paths, key=lambda path: order.get(path, len(order)))
    document["paths"] = {path: paths[path] for path in ordered}
    return dict(_simplify(document))


def _controllers() -> Iterator[type[Controller]]:
    for one in CONTROLLERS:
        if isinstance(one, type) and str(vars(one)["path"]).startswith("/api/v1"):
            yield one


def _operation_id(method: Any, parts: list[Any]) -> str:
    """`post_signup_phone_code` for `POST /api/v1/signup/phone-code`."""
    names = [f"by_{part.name}" if hasattr(part, "name") else part for part in parts[2:]]
    return "_".join([method.value.lower(), *names]).replace("-", "_")


def _order(controllers: list[type[Controller]]) -> dict[str, int]:
    """As the calls stand in the code, which is the order in which one makes them."""
    paths = [
        f"{vars(one)['path']}{path}".replace(":uuid", "").rstrip("/")
        for one in controllers
        for handler in vars(one).values()
        if isinstance(handler, HTTPRouteHandler)
        for path in sorted(handler.paths)
    ]
    return {path: place for place, path in reversed([*enumerate(paths)])}


def _allow_no_body(body: Schema) -> None:
    """Where it need not be there, which Litestar describes as null."""
    for content in body.get("content", {}).values():
        given, *null = content["schema"].get("oneOf", [None])
        if null == [{"type": "null"}]:
            content["schema"], body["required"] = given, False


def _tidy(operation: Schema, handler: HTTPRouteHandler) -> None:
    """What Litestar says of refusals is about its own, and of a response as bytes nothing."""
    _allow_no_body(operation.get("requestBody", {}))
    responses = operation["responses"]
    declared = handler.responses or {}
    is_raw = handler.parsed_fn_signature.return_type.is_subclass_of(HttpResponse)
    for status in map(int, [*responses]):
        if status >= 400 or (is_raw and status not in declared):
            del responses[str(status)]
    for status, response in responses.items():
        response.pop("headers", None)
        known = declared.get(int(status))
        response["description"] = known.description if known else DONE
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
        statuses += PATH_STATUSES
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
