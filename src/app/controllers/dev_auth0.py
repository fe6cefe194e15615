"""The OpenID provider of a developer's machine, over HTTP; 404 where it is not."""

from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Controller, Request, get, post
from litestar.exceptions import ClientException, NotFoundException

from app.domain.errors import Refusal
from app.web.answer import Answer, see_other
from app.web.dev_auth0 import DevAuth0, OAuthError
from app.web.dev_people import (
    FIELDS,
    NEW,
    PEOPLE,
    MadeUp,
    forget_person,
    last_person,
    remember_person,
)
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.parts import Parts

AnyRequest = Request[Any, Any, Any]
NO_STORE = (b"cache-control", b"no-store")
JSON = (b"content-type", b"application/json")
# What may be answered instead of a code.
REFUSALS = {"refuse": "access_denied", "fail": "server_error"}


class DevAuth0Controller(Controller):
    path = "/dev/auth0"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get("/.well-known/openid-configuration")
    async def show_discovery(self, request: AnyRequest) -> Answer:
        return _as_json(200, _provider(request).discovery())

    @get("/.well-known/jwks.json")
    async def show_keys(self, request: AnyRequest) -> Answer:
        return _as_json(200, _provider(request).keys())

    @get("/authorize")
    async def show_authorize(self, request: AnyRequest) -> Answer:
        """Who would you like to be?"""
        provider, asked = _asked(request)
        if problem := provider.problem(asked):
            return see_other(provider.back(asked, error=problem))
        return await _page(request, last_person(Parts.of(request).visit(request)))

    @post("/authorize")
    async def submit_authorize(self, request: AnyRequest) -> Answer:
        provider, asked = _asked(request)
        if problem := provider.problem(asked):
            return see_other(provider.back(asked, error=problem))
        visit, form = (
            Parts.of(request).visit(request),
            await read_form(request, (*FIELDS, "answer")),
        )
        async with errors_shown_on(partial(_page, request, form)):
            visit.check_form(form)
            if error := REFUSALS.get(form["answer"]):
                return see_other(provider.back(asked, error=error))
            code = await provider.grant(asked, MadeUp.of(form))
        remember_person(visit, form)
        return see_other(provider.back(asked, code=code), visit.cookies_to_set)

    @post("/oauth/token")
    async def submit_token(self, request: AnyRequest) -> Answer:
        """Asked by the server itself, not by a browser: no cookie, no form token."""
        provider = _provider(request)
        try:
            form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            return _as_json(200, await provider.redeem(form))
        except OAuthError as refused:
            return _as_json(refused.status, {"error": refused.error})
        except ValueError:
            return _as_json(400, {"error": "invalid_request"})

    @get("/userinfo")
    async def show_userinfo(self, request: AnyRequest) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            return _as_json(200, await _provider(request).userinfo(token))
        except OAuthError as refused:
            return _as_json(refused.status, {"error": refused.error})

    @get("/v2/logout")
    async def show_logout(self, request: AnyRequest) -> Answer:
        """The next one is asked who they are."""
        asked = dict(request.query_params)
        if not _provider(request).may_return(asked):
            raise ClientException("not an address of ours")
        visit = Parts.of(request).visit(request)
        forget_person(visit)
        return see_other(asked["returnTo"], visit.cookies_to_set)


def _provider(request: AnyRequest) -> DevAuth0:
    provider = Parts.of(request).dev_auth0
    if provider is None:
        raise NotFoundException
    return provider


def _asked(request: AnyRequest) -> tuple[DevAuth0, dict[str, str]]:
    """The authorization request. One of another client is told here: we send nobody to it."""
    provider, asked = _provider(request), dict(request.query_params)
    if not provider.knows(asked):
        raise ClientException("not our client or not its callback")
    return provider, asked


async def _page(request: AnyRequest, form: Form, refusal: Refusal | None = None) -> Answer:
    parts = Parts.of(request)
    visit = parts.visit(request)
    context = {
        "here": f"/dev/auth0/authorize?{visit.query.decode('ascii', 'replace')}",
        "people": PEOPLE,
        "new": NEW,
        "typed": {name: form[name] for name in FIELDS},
        "signup": request.query_params.get("screen_hint") == "signup",
    }
    return parts.pages.page(visit, "dev/auth0.html", context, refusal)


def _as_json(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, msgspec.json.encode(body), [JSON, NO_STORE])
