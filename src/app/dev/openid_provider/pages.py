"""The OpenID provider of a developer's machine, over HTTP; 404 where another one is asked."""

from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Controller, Request, get, post
from litestar.exceptions import ClientException, NotFoundException

from app.dev.access import from_this_machine
from app.dev.openid_provider.people import (
    FIELDS,
    NEW,
    PEOPLE,
    DevPerson,
    forget_person,
    last_person,
    remember_person,
)
from app.dev.openid_provider.provider import DevOpenIdProvider, OAuthError
from app.domain.errors import Refusal
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import Form, read_form
from app.web.response import NO_STORE, HttpResponse, redirect_to

AnyRequest = Request[Any, Any, Any]
JSON = (b"content-type", b"application/json")
# What may be answered instead of a code.
REFUSALS = {"refuse": "access_denied", "fail": "server_error"}


class DevAuth0Controller(Controller):
    path = "/dev/auth0"
    include_in_schema = False
    guards = [from_this_machine]
    request_max_body_size = 16 * 1024

    @get("/.well-known/openid-configuration")
    async def show_discovery(self, request: AnyRequest) -> HttpResponse:
        return _as_json(200, _find_provider(request).discovery())

    @get("/.well-known/jwks.json")
    async def show_keys(self, request: AnyRequest) -> HttpResponse:
        return _as_json(200, _find_provider(request).keys())

    @get("/authorize")
    async def show_authorize(self, request: AnyRequest) -> HttpResponse:
        """Who would you like to be?"""
        provider, asked = _query_params(request)
        if problem := provider.problem(asked):
            return redirect_to(provider.callback_url(asked, error=problem))
        return await _render_page(
            request, last_person(Container.from_request(request).get_context(request.scope).cookies)
        )

    @post("/authorize")
    async def submit_authorize(self, request: AnyRequest) -> HttpResponse:
        provider, asked = _query_params(request)
        if problem := provider.problem(asked):
            return redirect_to(provider.callback_url(asked, error=problem))
        context, form = (
            Container.from_request(request).get_context(request.scope),
            await read_form(request, (*FIELDS, "answer")),
        )
        async with errors_shown_on(partial(_render_page, request, form)):
            context.check_form(form.check)
            if error := REFUSALS.get(form["answer"]):
                return redirect_to(provider.callback_url(asked, error=error))
            code = await provider.grant(asked, DevPerson.of(form))
        remember_person(context.cookies, form)
        return redirect_to(provider.callback_url(asked, code=code), context.cookies.to_set)

    @post("/oauth/token")
    async def submit_token(self, request: AnyRequest) -> HttpResponse:
        """Asked by the server itself, not by a browser: no cookie, no form token."""
        provider = _find_provider(request)
        try:
            form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            return _as_json(200, await provider.redeem(form))
        except OAuthError as refused:
            return _as_json(refused.status, {"error": refused.error})
        except ValueError:
            return _as_json(400, {"error": "invalid_request"})

    @get("/userinfo")
    async def show_userinfo(self, request: AnyRequest) -> HttpResponse:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            return _as_json(200, await _find_provider(request).userinfo(token))
        except OAuthError as refused:
            return _as_json(refused.status, {"error": refused.error})

    @get("/v2/logout")
    async def show_logout(self, request: AnyRequest) -> HttpResponse:
        """The next one is asked who they are."""
        asked = dict(request.query_params)
        if not _find_provider(request).can_return_to(asked):
            raise ClientException("not an address of ours")
        context = Container.from_request(request).get_context(request.scope)
        forget_person(context.cookies)
        return redirect_to(asked["returnTo"], context.cookies.to_set)


def _find_provider(request: AnyRequest) -> DevOpenIdProvider:
    provider: DevOpenIdProvider | None = request.app.state.development.openid_provider
    if provider is None:
        raise NotFoundException
    return provider


def _query_params(request: AnyRequest) -> tuple[DevOpenIdProvider, dict[str, str]]:
    """The authorization request. One of another client is told here: we send nobody to it."""
    provider, asked = _find_provider(request), dict(request.query_params)
    if not provider.knows(asked):
        raise ClientException("not our client or not its callback")
    return provider, asked


async def _render_page(
    request: AnyRequest, form: Form, refusal: Refusal | None = None
) -> HttpResponse:
    container = Container.from_request(request)
    context = container.get_context(request.scope)
    values = {
        "here": f"/dev/auth0/authorize?{context.info.query_string.decode('ascii', 'replace')}",
        "people": PEOPLE,
        "new": NEW,
        "typed": {name: form[name] for name in FIELDS},
        "signup": request.query_params.get("screen_hint") == "signup",
    }
    return container.pages.render_page(context, "dev/auth0.html", values, refusal)


def _as_json(status: int, body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(status, msgspec.json.encode(body), [JSON, NO_STORE])
