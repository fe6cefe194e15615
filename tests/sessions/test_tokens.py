"""Access tokens: one that is not exactly ours opens nothing, and breaks nothing."""

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.sessions.tokens import CLAIMS
from tests.sessions.conftest import Pair
from tests.sessions.held import Held, Owner, ask, is_out
from tests.sessions.mint import Mint, claims_of

OTHER = Ed25519PrivateKey.generate()
WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://login.example.org"},
    {"iss": "OURS/"},
    {"iss": ["OURS"]},
    {"aud": "https://login.example.org"},
    {"aud": []},
    {"aud": ["https://login.example.org"]},
    {"aud": "OURS"},
    {"aud": "OURS/"},
    {"aud": "OURS/api"},
    {"aud": "OURS/browser/"},
    {"aud": ["OURS/browser"]},
    {"aud": ["OURS", "OURS/browser"]},
    {"exp": timedelta(seconds=-62)},
    {"exp": "tomorrow"},
    {"iat": timedelta(hours=1)},
    {"iat": timedelta(minutes=3)},
    {"nbf": timedelta(hours=1)},
    {"sid": "none"},
    {"sid": 5},
    {"sid": "0" * 32},
    {"sub": 5},
    {"sub": "none"},
    {"gen": "first"},
    {"gen": []},
    {"jti": 5},
    {"auth_time": "now"},
    {"auth_time": 10**20},
    {"auth_time": -(10**20)},
    {"amr": 5},
]
WRONG_HEADERS: list[dict[str, Any]] = [
    {"typ": None},
    {"typ": "JWT"},
    {"typ": "AT+JWT"},
    {"typ": "rt+jwt"},
    {"kid": None},
    {"kid": ""},
    {"kid": "0" * 16},
    {"kid": "../signing_keys"},
    {"kid": "' OR 1=1 --"},
    {"crit": ["exp"]},
]


@pytest.fixture(scope="module")
def held(pair: Pair) -> Held:
    return Owner.sign_up(pair[0]).hold()


@pytest.fixture(scope="module")
def claims(held: Held) -> dict[str, Any]:
    return claims_of(held.access)


def opens(pair: Pair, token: str) -> bool:
    """Whether it opens the account. Whatever does not is led to the sign-in."""
    answers = [ask(one, Held(token, "")) for one in pair]
    assert all(is_out(answer) or answer.status_code == 200 for answer in answers)
    assert len({answer.status_code for answer in answers}) == 1
    return answers[0].status_code == 200


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    """A token with an HMAC, or with nothing, in the place of its signature."""
    parts = [urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in (header, claims)]
    signed = b".".join(parts)
    mac = hmac.digest(secret, signed, sha256) if secret else b""
    return (signed + b"." + urlsafe_b64encode(mac).rstrip(b"=")).decode()


def test_one_made_as_ours_are_opens_the_account(
    pair: Pair, mint: Mint, claims: dict[str, Any]
) -> None:
    """So what is refused below is refused for the one thing that is different."""
    assert opens(pair, mint.access(claims))
    assert opens(pair, mint.access(claims | {"more": "than we ask for"}))


@pytest.mark.parametrize("apart", [timedelta(seconds=55), timedelta(seconds=-55)])
def test_one_of_a_server_whose_clock_is_apart_opens_the_account(
    pair: Pair, mint: Mint, claims: dict[str, Any], apart: timedelta
) -> None:
    """As that server issues it, and as one that is ahead sees it end."""
    now = datetime.now(UTC)
    assert opens(pair, mint.access(claims | {"iat": now + apart}))
    assert opens(pair, mint.access(claims | {"exp": now + apart}))


@pytest.mark.parametrize("claim", CLAIMS)
def test_without_any_one_claim_it_opens_nothing(
    pair: Pair, mint: Mint, claims: dict[str, Any], claim: str
) -> None:
    assert claim in claims
    assert not opens(pair, mint.access(claims | {claim: None}))


@pytest.mark.parametrize("wrong", WRONG_CLAIMS, ids="".join)
def test_with_a_wrong_claim_it_opens_nothing(
    pair: Pair, mint: Mint, claims: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """Times are from now on: the list is made long before the test runs."""
    [(name, value)] = wrong.items()
    text = msgspec.json.encode(value).decode().replace("OURS", claims["iss"])
    is_time = isinstance(value, timedelta)
    said = datetime.now(UTC) + value if is_time else msgspec.json.decode(text)
    token = mint.unchecked(claims | {name: said})
    assert not opens(pair, token)


@pytest.mark.parametrize("header", WRONG_HEADERS, ids=str)
def test_with_another_type_or_key_id_it_opens_nothing(
    pair: Pair, mint: Mint, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    assert not opens(pair, mint.access(claims, header))


def test_signed_with_another_key_it_opens_nothing(
    pair: Pair, mint: Mint, claims: dict[str, Any]
) -> None:
    """Also when it brings that key along, or says where it is."""
    public = OTHER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": urlsafe_b64encode(public).decode().rstrip("=")}
    own_id = sha256(public).hexdigest()[:16]
    for header in ({}, {"kid": own_id}, {"jwk": jwk}, {"jku": "http://127.0.0.1:1/jwks.json"}):
        assert not opens(pair, mint.access(claims, header, OTHER))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "HS512", "RS256", "", None])
def test_with_another_algorithm_it_opens_nothing(
    pair: Pair, mint: Mint, claims: dict[str, Any], algorithm: str | None
) -> None:
    """With no signature, and with a MAC by what everybody knows: the public key."""
    public = mint.key.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": algorithm, "typ": "at+jwt", "kid": mint.key.id}
    for secret in (b"", mint.key.public_bytes, pem, urlsafe_b64encode(mint.key.public_bytes)):
        assert not opens(pair, by_hand(header, claims, secret))


def test_a_changed_token_opens_nothing(pair: Pair, held: Held, claims: dict[str, Any]) -> None:
    header, _, signature = held.access.split(".")
    other = by_hand({}, claims | {"exp": claims["exp"] + 3600}).split(".")[1]
    flipped = signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")
    body = held.access.split(".")[1]
    for token in (
        f"{header}.{other}.{signature}",
        f"{header}.{body}.{flipped}",
        f"{header}.{body}.",
        f"{header}.{body}",
        f"{header}.{body}.{signature}.{signature}",
        f".{body}.{signature}",
        "..",
        "a.b.c",
        "A" * 2048,
    ):
        assert not opens(pair, token)
    assert opens(pair, held.access)


def test_a_token_of_a_session_that_never_was_opens_nothing(
    pair: Pair, mint: Mint, claims: dict[str, Any]
) -> None:
    assert not opens(pair, mint.access(claims | {"sid": claims["jti"]}))


def test_the_claims_are_those_that_were_promised(held: Held, pair: Pair) -> None:
    claims = claims_of(held.access)
    assert set(claims) == set(CLAIMS)
    assert (claims["iss"], claims["aud"]) == (pair[0].url, f"{pair[0].url}/browser")
    assert (claims["exp"] - claims["iat"], claims["gen"], claims["amr"]) == (300, 0, ["pwd"])
    assert 0 <= claims["iat"] - claims["auth_time"] <= 1
