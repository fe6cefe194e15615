"""Discovery and keys: kept, asked for again in moderation, and never from anybody else."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.adapters.openid.discovery import parse_endpoints
from app.adapters.openid.provider import OpenIdProvider
from app.domain.errors import Refusal
from app.domain.identity.provider import IdentityNotConfirmed, ProviderDown
from tests.adapters.samples import CALLBACK, VERIFIER, identified, provider_through
from tests.faults.staged import until
from tests.standins import behaviour as acts
from tests.standins.openid import DISCOVERY, LEFT_OUT, TOKEN, OpenIdStandIn

OPEN = "http://127.0.0.1:9/token"
Ask = Callable[[OpenIdProvider, OpenIdStandIn], Awaitable[object]]


async def started(provider: OpenIdProvider, _: OpenIdStandIn) -> str:
    return await provider.build_authorization_url("s", "n", "c", CALLBACK, signup=False)


@pytest.mark.parametrize("ask", [started, identified])
@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (acts.http_500(), ProviderDown),
        (acts.hang(), ProviderDown),
        (acts.drip_body(), ProviderDown),
        (acts.html_200(), ProviderDown),
        (acts.answers(200, b"[]"), ProviderDown),
        (acts.answers(404), IdentityNotConfirmed),
        (acts.redirect(), IdentityNotConfirmed),
        (acts.answers(200, b'{"issuer": 1}'), IdentityNotConfirmed),
    ],
)
async def test_a_bad_discovery_is_a_refusal_in_time(
    provider: OpenIdProvider,
    openid: OpenIdStandIn,
    ask: Ask,
    act: acts.Behaviour,
    refusal: type[Refusal],
) -> None:
    openid.scripts[DISCOVERY].always(act)
    began = time.monotonic()
    with pytest.raises(refusal):
        await ask(provider, openid)
    assert time.monotonic() - began < 10, "not as long as it drips"
    assert openid.counts[TOKEN] == 0


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://tenant.eu.auth0.com/"},
        {"issuer": LEFT_OUT},
        {"token_endpoint": LEFT_OUT},
        {"token_endpoint": "http://tenant.eu.auth0.com/oauth/token"},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"token_endpoint": "https://user@127.0.0.1/token"},
        {"token_endpoint": "https:///token"},
        {"token_endpoint": "https://[/token"},
        {"token_endpoint": "/oauth/token"},
        {"token_endpoint": 7},
        {"jwks_uri": "http://10.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://a.example/authorize#here"},
    ],
)
async def test_another_issuer_or_an_open_endpoint_is_not_believed(
    provider: OpenIdProvider, openid: OpenIdStandIn, document: dict[str, Any]
) -> None:
    openid.document = document
    with pytest.raises(IdentityNotConfirmed):
        await started(provider, openid)
    assert provider.is_down, "nobody is sent there"
    openid.document = {}
    await provider.probe()
    assert not provider.is_down


@pytest.mark.parametrize(
    ("issuer", "believed"), [("https://tenant.eu.auth0.com/", ""), ("http://127.0.0.1:9/", OPEN)]
)
def test_only_an_open_issuer_has_open_endpoints(issuer: str, believed: str) -> None:
    """Else whoever listens on our own machine would be given codes and the secret."""
    found = parse_endpoints(
        {"token_endpoint": OPEN, "jwks_uri": "https://tenant.example/k"}, issuer
    )
    assert (found.token, found.keys) == (believed, "https://tenant.example/k")


async def test_an_issuer_is_compared_to_its_last_slash(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    openid.document = {"issuer": openid.issuer.rstrip("/")}
    with pytest.raises(IdentityNotConfirmed):
        await started(provider_through(client, openid), openid)


async def test_discovery_is_asked_once_for_all_and_kept(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.scripts[DISCOVERY].always(acts.delayed(0.1))
    await asyncio.gather(*(started(provider, openid) for _ in range(50)))
    openid.scripts[DISCOVERY].always(acts.http_500())
    await started(provider, openid)
    assert openid.counts[DISCOVERY] == 1


async def test_a_provider_that_is_down_is_looked_at_until_it_works(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.scripts[DISCOVERY].always(acts.http_500())
    watching = asyncio.create_task(provider.watch(start=0, every=0.2))
    await asyncio.to_thread(until, lambda: openid.counts[DISCOVERY] > 2)
    assert provider.is_down
    openid.scripts[DISCOVERY].clear()
    await asyncio.to_thread(until, lambda: not provider.is_down)
    looked = openid.counts[DISCOVERY]
    await asyncio.sleep(0.5)
    assert openid.counts[DISCOVERY] == looked, "what works is left alone"
    watching.cancel()


async def test_one_that_has_had_enough_calls_is_neither_down_nor_up_again(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    for act in (acts.answers(429), acts.answers(429), acts.http_500(), acts.answers(429)):
        openid.scripts[DISCOVERY].next(act)
        await provider.probe()
        assert not provider.is_down
    openid.scripts[DISCOVERY].next(acts.http_500())
    await provider.probe()
    assert provider.is_down


async def test_who_goes_away_does_not_end_what_others_wait_for(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.scripts[DISCOVERY].always(acts.delayed(0.5))
    first = asyncio.create_task(started(provider, openid))
    second = asyncio.create_task(started(provider, openid))
    await asyncio.to_thread(until, lambda: openid.counts[DISCOVERY] > 0)
    first.cancel()
    assert await second
    assert openid.counts[DISCOVERY] == 1


@pytest.mark.parametrize(
    "act", [acts.ordinary(), acts.http_500(), acts.answers(401, b'{"error": "x client_secret"}')]
)
async def test_logs_hold_no_code_token_secret_or_address(
    provider: OpenIdProvider,
    openid: OpenIdStandIn,
    act: acts.Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "app")
    openid.scripts[TOKEN].always(act)
    openid.claims = {"nonce": "wrong"}
    with pytest.raises(Refusal) as refused:
        await provider.identify("the-code", VERIFIER, openid.nonce, CALLBACK)
    assert caplog.records
    written = f"{[vars(record) for record in caplog.records]} {refused.value.message}"
    for secret in ("the-code", VERIFIER, openid.nonce, openid.client_secret, "ada@", "auth0|ada"):
        assert secret not in written


class Faulty(OpenIdProvider):
    """Its first look ends in a bug."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.looks, self.looked_again = 0, asyncio.Event()

    async def probe(self) -> None:
        self.looks += 1
        if self.looks == 1:
            raise ZeroDivisionError
        await super().probe()
        self.looked_again.set()


async def test_a_bug_in_one_look_does_not_end_the_watch(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    """Else a provider that was down once would be so for ever."""
    faulty = Faulty(client, issuer=openid.issuer, client_id=openid.client_id, client_secret="")
    watching = asyncio.create_task(faulty.watch(start=0, every=0.01))
    await asyncio.wait_for(faulty.looked_again.wait(), 30)
    assert openid.counts[DISCOVERY] == 1
    assert not watching.done()
    watching.cancel()
