"""Auth0: whether the issuer is the provider's own, to its last slash (OpenID Connect Discovery)."""

import httpx

from app.adapters.openid.client import ProviderClient
from app.adapters.openid.discovery import DOCUMENT, parse_endpoints
from app.domain.checks import Finding, Status
from app.domain.errors import Unavailable
from app.settings import Settings


async def check(settings: Settings, client: httpx.AsyncClient) -> Finding:
    issuer = settings.auth0_issuer or ""
    try:
        reply = await ProviderClient(client).get(f"{issuer.rstrip('/')}/{DOCUMENT}")
    except Unavailable as error:
        return Status.FAIL, error.reason or "no answer"
    if reply.status != 200:
        return Status.FAIL, reply.words
    said = str(reply.body.get("issuer", ""))
    if said != issuer:
        slash = said.rstrip("/") == issuer.rstrip("/")
        what = "the last slash differs" if slash else "that is another one"
        return Status.FAIL, f"AUTH0_ISSUER is {issuer} and the provider says {said}: {what}"
    endpoints = parse_endpoints(reply.body, issuer)
    if not (endpoints.authorization and endpoints.token and endpoints.keys):
        return Status.FAIL, "its document names no addresses that we can use"
    return Status.PASS, f"{issuer} answers"
