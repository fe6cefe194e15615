"""The calls to a provider: what is sent, and every answer in time, whatever it does with them."""

import asyncio
import time
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.adapters.openid.client import PAUSE
from app.adapters.openid.provider import OpenIdProvider
from app.domain.errors import Refusal
from app.domain.identity.provider import (
    IdentityNotConfirmed,
    InvalidGrant,
    ProviderBusy,
    ProviderDown,
)
from tests.adapters.samples import CALLBACK, VERIFIER, identified, provider_through
from tests.standins import behaviour as acts
from tests.standins.http_server import Reply
from tests.standins.openid import DISCOVERY, KEYS, LEFT_OUT, TOKEN, OpenIdStandIn


def error(status: int, word: object) -> acts.Behaviour:
    return acts.answers(status, str(word).encode() and _json({"error": word}))


def _json(body: object) -> bytes:
    return httpx.Request("POST", "http://x", json=body).content


def huge() -> acts.Behaviour:
    return acts.Behaviour(True, lambda usual: Reply(200, usual.body + b" " * 200_000))


def nested() -> acts.Behaviour:
    return acts.answers(200, b"[" * 60_000)


def packed() -> acts.Behaviour:
    """A few bytes that would unpack to a hundred thousand times as many."""
    return acts.answers(200, b"\x1f\x8b\x08" + b"\0" * 500, **{"Content-Encoding": "gzip"})


async def test_a_person_is_sent_to_the_authorization_endpoint(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    url = await provider.build_authorization_url(
        "st&te", "nonce", "challenge", CALLBACK, signup=False
    )
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{openid.issuer}authorize"
    assert dict(parse_qsl(parts.query)) == {
        "response_type": "code",
        "client_id": openid.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "state": "st&te",
        "nonce": "nonce",
        "code_challenge": "challenge",
        "code_challenge_method": "S256",
    }


async def test_a_sign_up_says_so_and_an_endpoint_keeps_its_query(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.document = {"authorization_endpoint": f"{openid.issuer}authorize?tenant=1"}
    url = await provider.build_authorization_url("s", "n", "c", CALLBACK, signup=True)
    query = dict(parse_qsl(urlsplit(url).query))
    assert (query["tenant"], query["screen_hint"]) == ("1", "signup")


async def test_the_code_is_spent_with_secret_and_verifier_in_the_form(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    await identified(provider, openid)
    assert openid.forms == [
        {
            "grant_type": "authorization_code",
            "code": "code",
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
            "client_id": openid.client_id,
            "client_secret": openid.client_secret,
        }
    ]
    [asked] = [one for one in openid.requests if one.path == TOKEN]
    assert "authorization" not in asked.headers
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (error(400, "invalid_grant"), InvalidGrant),
        (error(403, "invalid_grant"), InvalidGrant),
        (error(401, "invalid_client"), IdentityNotConfirmed),
        (error(403, "access_denied"), IdentityNotConfirmed),
        (error(400, "invalid_request"), IdentityNotConfirmed),
        (error(400, ["invalid_grant"]), IdentityNotConfirmed),
        (acts.answers(400, acts.HTML), IdentityNotConfirmed),
        (acts.answers(404), IdentityNotConfirmed),
        (acts.redirect(), IdentityNotConfirmed),
        (acts.answers(200, b'{"access_token": "only"}'), IdentityNotConfirmed),
        (acts.answers(200, b'{"id_token": ["no text"]}'), IdentityNotConfirmed),
        (acts.answers(429, **{"Retry-After": "30"}), ProviderBusy),
        (acts.http_500(), ProviderDown),
        (acts.html_502(), ProviderDown),
        (acts.html_200(), ProviderDown),
        (acts.empty_success(), ProviderDown),
        (acts.cut_body(), ProviderDown),
        (acts.drop_connection(), ProviderDown),
        (acts.hang(), ProviderDown),
        (acts.drip_body(), ProviderDown),
        (acts.delayed(5), ProviderDown),
        (huge(), ProviderDown),
        (nested(), ProviderDown),
        (packed(), ProviderDown),
    ],
)
async def test_each_answer_of_the_token_endpoint_is_a_refusal_in_time(
    client: httpx.AsyncClient, openid: OpenIdStandIn, act: acts.Behaviour, refusal: type[Refusal]
) -> None:
    hasty = provider_through(client, openid, exchange=1.0)
    await hasty.probe()
    openid.scripts[TOKEN].next(act)
    began = time.monotonic()
    with pytest.raises(refusal):
        await identified(hasty, openid)
    assert time.monotonic() - began < 4
    assert openid.counts[TOKEN] == 1, "a code that may have been spent is not sent again"
    assert openid.counts[KEYS] == 0


async def seconds_until_down(
    client: httpx.AsyncClient, openid: OpenIdStandIn, most: float
) -> float:
    """Asked anew where it took longer than that: a busy machine is late now and then."""
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(ProviderDown):
            await identified(provider_through(client, openid, exchange=3.0), openid)
        if (took := time.monotonic() - began) < most:
            break
    return took


async def test_a_token_call_has_three_seconds_and_the_whole_four(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    openid.scripts[TOKEN].always(acts.hang())
    assert 2.5 < await seconds_until_down(client, openid, most=4) < 4
    openid.scripts[DISCOVERY].always(acts.delayed(1.2))
    openid.scripts[TOKEN].always(acts.delayed(2.5))
    openid.scripts[KEYS].always(acts.delayed(1.2))
    assert 3.5 < await seconds_until_down(client, openid, most=5) < 5


async def test_what_never_left_is_sent_once_more(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    await provider.probe()
    openid.stop()  # with it end the connections that were kept
    asyncio.get_running_loop().call_later(PAUSE / 2, openid.start)
    assert (await identified(provider, openid)).subject == "auth0|ada"
    assert openid.counts[TOKEN] == 1


@pytest.mark.parametrize("code", ["", "ünicode", "line\nbreak", "\ud800", "x" * 5000])
async def test_what_cannot_be_a_code_is_not_sent(
    provider: OpenIdProvider, openid: OpenIdStandIn, code: str
) -> None:
    with pytest.raises(InvalidGrant):
        await provider.identify(code, VERIFIER, openid.nonce, CALLBACK)
    assert openid.counts.total() == 0


async def test_a_stopped_provider_is_down_until_it_answers_again(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    await identified(provider, openid)
    openid.stop()
    for _ in range(2):
        assert not provider.is_down
        with pytest.raises(ProviderDown):
            await identified(provider, openid)
    assert provider.is_down
    openid.start()
    before = openid.counts.total()
    with pytest.raises(ProviderDown):
        await provider.build_authorization_url("s", "n", "c", CALLBACK, signup=False)
    assert openid.counts.total() == before, "nobody waits for what is known to be down"
    await provider.probe()
    assert not provider.is_down
    assert await provider.build_authorization_url("s", "n", "c", CALLBACK, signup=False)


async def test_log_out_is_auth0s_own_unless_another_is_named(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    own = f"{openid.issuer}v2/logout?client_id={openid.client_id}&returnTo=http%3A%2F%2Fhere%2F"
    assert provider.build_logout_url("http://here/") == own
    for named in (LEFT_OUT, f"{openid.issuer}oidc/logout"):
        openid.document = {"end_session_endpoint": named}
        await provider.probe()
        assert provider.build_logout_url("http://here/") == own
    openid.document = {"end_session_endpoint": f"{openid.issuer}session/end"}
    await provider.probe()
    assert provider.build_logout_url("http://here/") == (
        f"{openid.issuer}session/end?client_id={openid.client_id}"
        "&post_logout_redirect_uri=http%3A%2F%2Fhere%2F"
    )
