"""Auth0, or any OpenID provider that speaks as it does: authorization code flow with PKCE."""

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import httpx

from app.adapters.openid.client import EXCHANGE, ProviderClient, Reply
from app.adapters.openid.discovery import Discovery, Endpoints, ProviderKeys
from app.adapters.openid.id_token import BadToken, ExpectedClaims, check_id_token
from app.domain.concurrency import keep_doing
from app.domain.errors import Refusal
from app.domain.identity.email_address import BadEmail, EmailAddress
from app.domain.identity.provider import (
    BadIdToken,
    ExternalIdentity,
    IdentityNotConfirmed,
    IdentityProvider,
    InvalidGrant,
    ProviderBusy,
    ProviderDown,
)
from app.domain.ports import Dependency

log = logging.getLogger("app.identity_provider")

CODE = re.compile(r"[ -~]{1,2048}")  # RFC 6749 A.11; Auth0's have about fifty characters
SCOPE = "openid email"  # nothing is asked for that we would not use
WHOLE = 4.0  # seconds for everything that tells who came back
START = 1.0  # seconds until the first look: the local provider answers once we do
PROBED = 15.0  # seconds between two looks at a provider that is down


class OpenIdProvider(IdentityProvider):
    """`issuer` with its trailing slash. `exchange` is the deadline of the token call in seconds."""

    dependency = Dependency(
        "auth0", "Look at Auth0's status page, then at AUTH0_ISSUER. People can use their phones."
    )

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        exchange: float = EXCHANGE,
    ) -> None:
        self._issuer, self._client_id, self._client_secret = issuer, client_id, client_secret
        self._client = ProviderClient(client, exchange)
        self._discovery = Discovery(self._client, issuer)
        self._keys = ProviderKeys(self._client, self._discovery)
        self._refused = ""  # what it said when it last took no token call of ours

    @property
    def issuer(self) -> str:
        return self._issuer

    @property
    def is_down(self) -> bool:
        return self._client.is_down

    @property
    def trouble(self) -> str:
        return self._client.trouble or self._refused

    async def watch(self, start: float = START, every: float = PROBED) -> None:
        """Until cancelled: learns the endpoints early, notices when it works again. In seconds."""
        await asyncio.sleep(start)
        await keep_doing("identity provider", self._look, lambda: every)

    async def _look(self) -> None:
        if self.is_down or self._discovery.known is None:
            await self.probe()

    async def probe(self) -> None:
        """One look at the discovery document, which costs nobody anything."""
        with suppress(Refusal):
            await self._discovery.refresh_endpoints()

    async def build_authorization_url(
        self,
        state: str,
        nonce: str,
        challenge: str,
        redirect_uri: str,
        *,
        signup: bool,
        anew: bool = False,
        connection: str = "",
    ) -> str:
        if self.is_down:
            raise ProviderDown
        endpoint = (await self._discovery.get_endpoints()).authorization
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"screen_hint": "signup"} if signup else {}),
            **({"max_age": "0", "prompt": "login"} if anew else {}),
            **({"connection": connection} if connection else {}),
        }
        return _with_query(endpoint, asked)

    async def identify(
        self, code: str, verifier: str, nonce: str, redirect_uri: str
    ) -> ExternalIdentity:
        if not CODE.fullmatch(code):
            raise InvalidGrant
        try:
            async with asyncio.timeout(WHOLE):
                endpoints = await self._discovery.get_endpoints()
                tokens = await self._exchange_code(endpoints, code, verifier, redirect_uri)
                return await self._read_identity(endpoints, tokens, nonce)
        except TimeoutError as error:
            raise ProviderDown from error
        except BadToken as bad:
            log.error("an ID token was refused", extra={"reason": bad.reason})
            raise IdentityNotConfirmed from bad

    async def verify(self, id_token: str, nonce: str) -> ExternalIdentity:
        expected = ExpectedClaims(self._issuer, self._client_id, nonce, None)
        try:
            async with asyncio.timeout(WHOLE):
                claims = await check_id_token(id_token, self._keys, expected)
        except TimeoutError as error:
            raise ProviderDown from error
        except BadToken as bad:
            log.info("an ID token of a client was refused", extra={"reason": bad.reason})
            raise BadIdToken from bad
        return self._describe_identity(claims, claims)

    def build_logout_url(self, return_to: str) -> str:
        """Auth0's own (`/v2/logout`), which ends its session without a question; for a provider
        that names an end_session_endpoint of another kind, that one (RP-Initiated Logout 1.0).
        """
        known = self._discovery.known
        if known and known.logout and known.logout != f"{self._issuer}oidc/logout":
            back = "post_logout_redirect_uri"
            return _with_query(known.logout, {"client_id": self._client_id, back: return_to})
        asked = {"client_id": self._client_id, "returnTo": return_to}
        return _with_query(f"{self._issuer}v2/logout", asked)

    async def _exchange_code(
        self, endpoints: Endpoints, code: str, verifier: str, redirect_uri: str
    ) -> Mapping[str, Any]:
        reply = await self._client.post(
            endpoints.token,
            {
                "grant_type": "authorization_code",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": redirect_uri,
                "client_id": self._client_id,
                "client_secret": self._client_secret,
            },
        )
        if reply.status != 200:
            raise self._refusal(reply)
        self._refused = ""
        return reply.body

    def _refusal(self, reply: Reply) -> Refusal:
        """Auth0 says 403 where RFC 6749 5.2 says 400."""
        error = reply.body.get("error")
        if error == "invalid_grant" and reply.status in (400, 403):
            return InvalidGrant()
        # Anything else, a redirect too, is ours to put right: client id, secret, callback address.
        self._refused = f"the token call was refused: {reply.words}"
        log.error("the token call was refused", extra={"reason": reply.words})
        return IdentityNotConfirmed()

    async def _read_identity(
        self, endpoints: Endpoints, tokens: Mapping[str, Any], nonce: str
    ) -> ExternalIdentity:
        id_token, access_token = _text(tokens, "id_token"), _text(tokens, "access_token")
        expected = ExpectedClaims(self._issuer, self._client_id, nonce, access_token)
        claims = await check_id_token(id_token, self._keys, expected)
        profile: Mapping[str, Any] = claims
        if "email" not in claims and endpoints.userinfo and access_token:
            profile = await self._fetch_userinfo(endpoints.userinfo, access_token, claims["sub"])
        return self._describe_identity(claims, profile)

    def _describe_identity(
        self, claims: Mapping[str, Any], profile: Mapping[str, Any]
    ) -> ExternalIdentity:
        email = _email(profile.get("email"))
        verified = email is not None and profile.get("email_verified") is True
        return ExternalIdentity(
            self._issuer, claims["sub"], email, verified, claims.get("auth_time")
        )

    async def _fetch_userinfo(self, url: str, access_token: str, subject: str) -> Mapping[str, Any]:
        """Nothing when it cannot be had: an e-mail can also be proved by a code of ours. Raises
        `BadToken` when it speaks of someone else (Core 5.3.2).
        """
        try:
            reply = await self._client.get(url, token=access_token)
        except (ProviderDown, ProviderBusy):
            return {}
        if reply.status != 200:
            return {}
        if reply.body.get("sub") != subject:
            raise BadToken("userinfo sub")
        return reply.body


def _text(tokens: Mapping[str, Any], name: str) -> str:
    value = tokens.get(name)
    return value if isinstance(value, str) else ""


def _email(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return EmailAddress.parse(value, as_typed=True).value
    except BadEmail:
        return None


def _with_query(endpoint: str, asked: dict[str, str]) -> str:
    """An endpoint may have a query of its own, which is kept (RFC 6749 3.1)."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"
