"""A stand-in for Auth0 whose every answer a test may tamper with. It signs what it is told to."""

import json
import secrets
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.standins.behaviour import Script
from tests.standins.http_server import Reply, Request, Server

JSON = {"Content-Type": "application/json"}
LEFT_OUT = object()  # the value of a claim that is not there
DISCOVERY, KEYS = "/.well-known/openid-configuration", "/.well-known/jwks.json"
TOKEN, USERINFO = "/oauth/token", "/userinfo"
Sign = Callable[[dict[str, Any], dict[str, Any]], str]


SHORT = {"short": 1024}  # bits


@cache
def rsa_key(name: str) -> RSAPrivateKey:
    """One of each name, as making them takes a while."""
    return generate_private_key(65537, SHORT.get(name, 2048))


def signed(claims: dict[str, Any], header: dict[str, Any], key: str = "first") -> str:
    return jwt.encode(claims, rsa_key(key), "RS256", header)


class OpenIdStandIn:
    """`claims`, `header`, `tokens`, `document` and `userinfo` replace parts of its usual answers,
    `sign` all of the ID token. A `timedelta` in `claims` is a time as far from now. `scripts` say
    how each path behaves; `counts` what was asked for.
    """

    def __init__(self) -> None:
        self._server = Server(self._reply)
        self._lock = threading.Lock()
        self.client_id, self.client_secret = "client-of-the-tests", "secret-of-the-tests"
        self.scripts: defaultdict[str, Script] = defaultdict(Script)
        self.counts: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.requests: list[Request] = []
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.sign: Sign = signed
        self.keys: list[dict[str, Any]] = [self.jwk("first")]
        rsa_key("other")  # made before anybody waits for what it signs
        self.nonce = "nonce-of-the-tests"
        self.access_token = secrets.token_urlsafe(16)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AUTH0_ISSUER": self.issuer,
            "AUTH0_CLIENT_ID": self.client_id,
            "AUTH0_CLIENT_SECRET": self.client_secret,
        }

    def jwk(self, name: str) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True)
        return {**public, "kid": name, "use": "sig", "alg": "RS256"}

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "auth0|ada",
            "iat": now,
            "exp": now + 36_000,
            "auth_time": now,
            "nonce": self.nonce,
            "email": "ada@example.org",
            "email_verified": True,
        }
        times = {
            name: now + value.total_seconds()
            for name, value in self.claims.items()
            if isinstance(value, timedelta)
        }
        told = _changed(claims, self.claims | times)
        return self.sign(told, _changed({"kid": "first"}, self.header))

    def _reply(self, request: Request) -> Reply:
        path = urlsplit(request.path).path
        with self._lock:
            self.counts[path] += 1
            self.requests.append(request)
            if path == TOKEN:
                self.forms.append(dict(parse_qsl(request.body.decode(), strict_parsing=True)))
        answers = {
            DISCOVERY: self._discovery,
            KEYS: lambda: {"keys": self.keys},
            TOKEN: self._token,
            USERINFO: lambda: _changed({"sub": "auth0|ada"}, self.userinfo),
        }
        if path not in answers:
            return Reply(404)
        usual = Reply(200, json.dumps(answers[path]()).encode(), JSON)
        return self.scripts[path].due("").answer(usual)

    def _discovery(self) -> dict[str, Any]:
        at = self.issuer
        usual = {
            "issuer": at,
            "authorization_endpoint": f"{at}authorize",
            "token_endpoint": f"{at}oauth/token",
            "userinfo_endpoint": f"{at}userinfo",
            "jwks_uri": f"{at}.well-known/jwks.json",
        }
        return _changed(usual, self.document)

    def _token(self) -> dict[str, Any]:
        usual = {
            "access_token": self.access_token,
            "id_token": self.id_token(),
            "token_type": "Bearer",
            "expires_in": 86_400,
        }
        return _changed(usual, self.tokens)


def _changed(usual: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (usual | change).items() if value is not LEFT_OUT}
