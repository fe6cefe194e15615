"""What the OpenID provider of a developer's machine says no to, and where there is none."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from litestar import Litestar

from app.adapters.http_client import new_http_client
from app.adapters.openid.provider import OpenIdProvider
from app.dev.app import build
from app.domain.limits import LimitTable
from app.settings import read_settings
from tests.commands.running import PRODUCTION
from tests.openid import HERE, callback, chosen, page_url, provider_of, told, vouched
from tests.person import Person
from tests.product import Product

PATHS = (
    "/authorize",
    "/userinfo",
    "/v2/logout",
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
)
TEST = {
    "ENVIRONMENT": "test",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
OWN = {name: value for name, value in PRODUCTION.items() if name != "AUTH0_ISSUER"}
REAL = {
    "AUTH0_ISSUER": "https://tenant.eu.auth0.com/",
    "AUTH0_CLIENT_ID": "client",
    "AUTH0_CLIENT_SECRET": "secret",
}


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_http_client() as one:
        yield one


@pytest.fixture(scope="module")
def provider(client: httpx.AsyncClient, product: Product) -> OpenIdProvider:
    return provider_of(client, product)


@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"redirect_uri": "http://127.0.0.1:9/auth0/callback"}]
)
async def test_nobody_is_sent_to_another_client(
    provider: OpenIdProvider, product: Product, changes: dict[str, str]
) -> None:
    person, url = Person(product), await page_url(provider, product, **changes)
    for seen in (person.get(url), person.post(url, person="ada", answer="continue")):
        assert (seen.status, seen.location) == (400, "")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_request_that_lacks_something_comes_back_as_an_error(
    provider: OpenIdProvider, product: Product, changes: dict[str, str], error: str
) -> None:
    person, url = Person(product), await page_url(provider, product, **changes)
    for seen in (person.get(url), person.post(url, person="ada", answer="continue")):
        assert seen.location.startswith(f"{callback(product)}?")
        assert told(seen) == {"error": error, "state": "state"}


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied"),
        ({"client_secret": "ünicode"}, 401, "access_denied"),
        ({"grant_type": "password"}, 403, "unsupported_grant_type"),
        ({"redirect_uri": "http://127.0.0.1:9/"}, 403, "invalid_grant"),
        ({"code": "made-up"}, 403, "invalid_grant"),
    ],
)
async def test_the_token_endpoint_refuses_as_auth0_does(
    provider: OpenIdProvider, product: Product, changes: dict[str, str], status: int, error: str
) -> None:
    settings = read_settings(product.env)
    form = {
        "grant_type": "authorization_code",
        "client_id": settings.auth0_client_id,
        "client_secret": settings.auth0_client_secret,
        "code": (await chosen(provider, product, person="ada"))["code"],
        "redirect_uri": callback(product),
    }
    answer = Person(product).http.post(f"{HERE}/oauth/token", data=form | changes)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_a_body_that_is_no_form_and_a_token_that_is_none(product: Product) -> None:
    http = Person(product).http
    assert http.post(f"{HERE}/oauth/token", content=b"\xff").status_code == 400
    assert http.get(f"{HERE}/userinfo", headers={"authorization": "Bearer no"}).status_code == 401
    assert http.get(f"{HERE}/userinfo").json() == {"error": "invalid_token"}


@pytest.mark.parametrize(
    ("to", "status"),
    [("/", 303), ("", 303), (".evil.example/", 400), ("/\r\nx: y", 400), ("@evil.example/", 400)],
)
def test_log_out_leads_only_home(
    provider: OpenIdProvider, product: Product, to: str, status: int
) -> None:
    seen = Person(product).get(provider.build_logout_url(product.url + to))
    assert (seen.status, seen.location) == (status, product.url + to if status == 303 else "")


def test_all_workers_are_one_provider(another_product: Callable[..., Product]) -> None:
    product = another_product("--workers", "2")
    asyncio.run(signs_in_often(product))
    assert (product.folder / ".latchkey" / "auth0.pem").stat().st_mode & 0o777 == 0o600


async def signs_in_often(product: Product) -> None:
    """With new connections each time, which any of the workers may take."""
    for _ in range(12):
        async with new_http_client() as client:
            one = await vouched(provider_of(client, product), product, person="ada")
        assert one.email == "ada.archer@example.org"


@pytest.mark.parametrize(
    "env",
    [
        TEST | {"BASE_URL": "http://127.0.0.1:8000", "AUTH0_ISSUER": ""},
        TEST | {"BASE_URL": "http://127.0.0.1:8000", **REAL},
        OWN | TEST | {"BASE_URL": "http://127.0.0.1:8000", "HOST": "::"},
        OWN | TEST | {"BASE_URL": "https://login.example.org"},
        PRODUCTION | {"DATABASE_URL": TEST["DATABASE_URL"], "AUTH0_ISSUER": ""},
        PRODUCTION | {"DATABASE_URL": TEST["DATABASE_URL"], **REAL},
    ],
)
async def test_where_the_world_or_another_provider_is_there_is_none(env: dict[str, str]) -> None:
    app = build(read_settings(env), LimitTable(), grace=0)
    development = app.state.development
    assert development is None or development.openid_provider is None
    assert app.state.container.has_auth0 is bool(env.get("AUTH0_ISSUER"))
    async with asked(app) as http:
        for path in PATHS:
            assert (await http.get(HERE + path)).status_code == 404, path
        for path in ("/authorize", "/oauth/token"):
            assert (await http.post(HERE + path, data={"a": "b"})).status_code == 404, path


async def test_on_a_developers_own_machine_it_is_there() -> None:
    app = build(read_settings(TEST | {"BASE_URL": "http://127.0.0.1:8000"}), LimitTable(), grace=0)
    assert app.state.container.has_auth0
    async with asked(app) as http:
        document = (await http.get(f"{HERE}/.well-known/openid-configuration")).json()
    assert document["issuer"] == "http://127.0.0.1:8000/dev/auth0/"


def asked(app: Litestar) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
