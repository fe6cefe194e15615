"""Signing in at the OpenID provider of a developer's machine, with the adapter that asks Auth0."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from app.adapters.openid.provider import OpenIdProvider
from app.domain.identity.provider import ExternalIdentity
from app.settings import read_settings
from tests.person import Person, Seen
from tests.product import Product

HERE = "/dev/auth0"
NONCE, VERIFIER = "nonce-of-the-tests", "verifier-of-the-tests-that-is-long-enough-for-pkce"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def provider_of(client: httpx.AsyncClient, product: Product) -> OpenIdProvider:
    settings = read_settings(product.env)
    return OpenIdProvider(
        client,
        issuer=settings.auth0_issuer or "",
        client_id=settings.auth0_client_id,
        client_secret=settings.auth0_client_secret,
    )


def callback(product: Product) -> str:
    return f"{product.url}/auth0/callback"


async def page_url(provider: OpenIdProvider, product: Product, **changes: str) -> str:
    """The path and query of the page that a person is sent to."""
    url = await provider.build_authorization_url(
        "state", NONCE, CHALLENGE, callback(product), signup=True
    )
    parts = urlsplit(url)
    return f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | changes)}"


def authorize_url(product: Product) -> str:
    """The same, for whoever only looks at the page."""
    asked = {
        "response_type": "code",
        "client_id": read_settings(product.env).auth0_client_id,
        "redirect_uri": callback(product),
        "scope": "openid email",
        "state": "state",
        "nonce": NONCE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{HERE}/authorize?{urlencode(asked)}"


async def chosen(
    provider: OpenIdProvider, product: Product, answer: str = "continue", **fields: str
) -> dict[str, str]:
    """What comes back to the callback."""
    person, url = Person(product), await page_url(provider, product)
    assert person.get(url).status == 200
    seen = person.post(url, answer=answer, **fields)
    assert seen.status == 303, seen.alert
    assert seen.location.startswith(f"{callback(product)}?")
    return told(seen)


def told(seen: Seen) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(seen.location).query))


async def vouched(provider: OpenIdProvider, product: Product, **fields: str) -> ExternalIdentity:
    answer = await chosen(provider, product, **fields)
    assert answer["state"] == "state"
    return await provider.identify(answer["code"], VERIFIER, NONCE, callback(product))
