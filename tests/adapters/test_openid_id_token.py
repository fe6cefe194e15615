"""ID tokens: one is believed when every claim holds, and any other is refused."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.adapters.openid.provider import OpenIdProvider
from app.domain.identity.provider import ExternalIdentity
from tests.adapters.samples import identified, refused_for
from tests.standins.openid import KEYS, LEFT_OUT, USERINFO, OpenIdStandIn, rsa_key, signed

Header = dict[str, Any]
Claims = dict[str, Any]


async def test_a_good_token_says_who_it_is(provider: OpenIdProvider, openid: OpenIdStandIn) -> None:
    external_identity = await identified(provider, openid)
    assert external_identity == ExternalIdentity(
        openid.issuer, "auth0|ada", "ada@example.org", True
    )
    assert openid.counts[USERINFO] == 0, "nothing is missing that it would be asked for"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["client-of-the-tests"]},
        {"azp": "client-of-the-tests"},
        {"exp": timedelta(seconds=-30)},
        {"iat": timedelta(seconds=30)},
        {"exp": timedelta(seconds=3600.5)},
        {"exp": 10**400},
        {"sub": "x" * 255},
        {"nbf": timedelta(0)},
    ],
)
async def test_what_the_standard_allows_is_taken(
    provider: OpenIdProvider, openid: OpenIdStandIn, claims: Claims
) -> None:
    openid.claims = claims
    assert (await identified(provider, openid)).email == "ada@example.org"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://tenant.eu.auth0.com/"},
        {"iss": "no slash"},
        {"iss": LEFT_OUT},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": ["client-of-the-tests", "other"]},
        {"aud": ["client-of-the-tests", "other"], "azp": "client-of-the-tests"},
        {"aud": "other", "azp": "client-of-the-tests"},
        {"aud": []},
        {"aud": {"client-of-the-tests": 1}},
        {"aud": LEFT_OUT},
        {"azp": "other"},
        {"azp": None},
        {"nonce": "another"},
        {"nonce": "ünicode"},
        {"nonce": ""},
        {"nonce": ["nonce-of-the-tests"]},
        {"nonce": LEFT_OUT},
        {"exp": timedelta(seconds=-120)},
        {"exp": "4102444800"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": LEFT_OUT},
        {"iat": timedelta(seconds=300)},
        {"iat": timedelta(seconds=-3600)},
        {"iat": LEFT_OUT},
        {"nbf": timedelta(seconds=300)},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"sub": "auth0|\0ada"},
        {"sub": "\ud800"},
        {"sub": LEFT_OUT},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"at_hash": ""},
        {"at_hash": None},
    ],
)
async def test_one_wrong_claim_is_enough_to_be_refused(
    provider: OpenIdProvider, openid: OpenIdStandIn, claims: Claims
) -> None:
    openid.claims = claims
    assert await refused_for(provider, openid) == next(iter(claims))


async def test_a_token_bound_to_its_access_token(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    half = sha256(openid.access_token.encode()).digest()[:16]
    openid.claims = {"at_hash": base64.urlsafe_b64encode(half).decode().rstrip("=")}
    assert (await identified(provider, openid)).subject == "auth0|ada"
    openid.tokens = {"access_token": "another"}
    assert await refused_for(provider, openid) == "at_hash"
    openid.tokens = {"access_token": LEFT_OUT}
    assert await refused_for(provider, openid) == "at_hash"


def unsigned(claims: Claims, header: Header) -> str:
    return jwt.encode(claims, None, "none", header)


def by_the_public_key(claims: Claims, header: Header) -> str:
    """HS256 with what everybody knows as the secret."""
    public = rsa_key("first").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = jwt.utils.base64url_encode(pem).decode()
    return jwt.encode(claims, secret, "HS256", header)


def by_another_key(claims: Claims, header: Header) -> str:
    return signed(claims, header, "other")


def by_a_key_it_brings_along(claims: Claims, header: Header) -> str:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key("other").public_key(), as_dict=True)
    return signed(claims, {**header, "jwk": jwk, "jku": "http://127.0.0.1:9/keys"}, "other")


def with_other_claims(claims: Claims, header: Header) -> str:
    head, _, signature = signed(claims, header).split(".")
    forged = jwt.utils.base64url_encode(json.dumps({**claims, "sub": "auth0|eve"}).encode())
    return f"{head}.{forged.decode()}.{signature}"


def stripped(claims: Claims, header: Header) -> str:
    return signed(claims, header).rpartition(".")[0] + "."


def in_another_algorithm(claims: Claims, header: Header) -> str:
    return jwt.encode(claims, rsa_key("first"), "RS512", header)


def a_list(claims: Claims, header: Header) -> str:
    return jwt.PyJWS().encode(b"[]", rsa_key("first"), "RS256", header)


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        (unsigned, "alg"),
        (by_the_public_key, "alg"),
        (in_another_algorithm, "alg"),
        (by_another_key, "signature"),
        (by_a_key_it_brings_along, "signature"),
        (with_other_claims, "signature"),
        (stripped, "signature"),
        (a_list, "claims"),
        (lambda *_: "", "header"),
        (lambda *_: "a.b.c", "header"),
        (lambda *_: "\ud800.x.y", "header"),
    ],
)
async def test_only_a_key_that_is_published_may_sign(
    provider: OpenIdProvider,
    openid: OpenIdStandIn,
    sign: Callable[[Claims, Header], str],
    reason: str,
) -> None:
    openid.sign = sign
    assert await refused_for(provider, openid) == reason


@pytest.mark.parametrize(
    "header",
    [
        {"kid": LEFT_OUT},
        {"kid": ""},
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
        {"crit": ["exp"]},
    ],
)
async def test_a_token_of_another_kind_is_none(
    provider: OpenIdProvider, openid: OpenIdStandIn, header: Header
) -> None:
    openid.header = header
    assert await refused_for(provider, openid) in (next(iter(header)), "header")
    assert openid.counts[KEYS] == 0, "no key is asked for on its account"
