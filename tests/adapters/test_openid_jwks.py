"""The provider's keys: kept, asked for again in moderation, and only those that are for us."""

import asyncio
from itertools import count
from typing import Any

import httpx
import pytest

from app.adapters.openid.client import ProviderClient
from app.adapters.openid.discovery import Discovery, ProviderKeys
from app.adapters.openid.provider import OpenIdProvider
from app.domain.identity.provider import IdentityNotConfirmed
from tests.adapters.samples import identified, provider_through, refused_for
from tests.standins import behaviour as acts
from tests.standins.openid import KEYS, LEFT_OUT, TOKEN, OpenIdStandIn, signed


def keys_of(client: httpx.AsyncClient, openid: OpenIdStandIn, **seconds: float) -> ProviderKeys:
    provider_client = ProviderClient(client)
    return ProviderKeys(provider_client, Discovery(provider_client, openid.issuer), **seconds)


async def test_a_thousand_unknown_keys_are_one_look_a_minute(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    keys = keys_of(client, openid)
    found = await asyncio.gather(*(keys.find(f"unknown{n}") for n in range(1000)))
    assert found == [None] * 1000
    assert openid.counts[KEYS] == 2, "the first time, and one look for all that are unknown"


async def test_tokens_of_unknown_keys_are_refused_without_asking_each_time(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    provider, numbers = provider_through(client, openid, exchange=3.0), count(1)
    openid.sign = lambda claims, header: signed(claims, {"kid": f"unknown{next(numbers)}"})
    asking = (refused_for(provider, openid) for _ in range(20))
    assert set(await asyncio.gather(*asking)) == {"kid"}
    assert (openid.counts[TOKEN], openid.counts[KEYS]) == (20, 2)


async def test_a_new_key_is_found_at_once_by_all_who_wait(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    await identified(provider, openid)
    openid.keys = [openid.jwk("other")]
    openid.sign = lambda claims, _: signed(claims, {"kid": "other"}, "other")
    openid.scripts[KEYS].always(acts.delayed(0.1))
    await asyncio.gather(*(identified(provider, openid) for _ in range(10)))
    assert openid.counts[KEYS] == 2
    openid.sign = signed
    assert await refused_for(provider, openid) == "kid", "the old one is gone"


async def test_when_the_wait_is_over_there_is_another_look(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    keys = keys_of(client, openid, unknown=1.0)
    assert await keys.find("other") is None
    openid.keys.append(openid.jwk("other"))
    assert await keys.find("other") is None
    await asyncio.sleep(1.0)
    assert await keys.find("other")
    assert openid.counts[KEYS] == 3


async def test_old_keys_are_renewed_and_kept_while_the_provider_is_down(
    client: httpx.AsyncClient, openid: OpenIdStandIn
) -> None:
    keys = keys_of(client, openid, fresh=0)
    for times in (1, 2):
        assert await keys.find("first")
        assert openid.counts[KEYS] == times
    openid.scripts[KEYS].always(acts.http_500())
    for _ in range(10):
        assert await keys.find("first")
    assert openid.counts[KEYS] == 3, "it is left alone for a while"


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "oct"},
        {"use": "enc"},
        {"alg": "RS512"},
        {"kid": 7},
        {"kid": LEFT_OUT},
        {"n": "!"},
        {"n": LEFT_OUT},
        {"e": ""},
    ],
)
async def test_a_key_that_is_not_for_us_is_left_out(
    client: httpx.AsyncClient, openid: OpenIdStandIn, change: dict[str, Any]
) -> None:
    other = {name: v for name, v in (openid.jwk("other") | change).items() if v is not LEFT_OUT}
    openid.keys = [other, openid.jwk("short"), {}, "no key", openid.jwk("first")]
    keys = keys_of(client, openid)
    assert await keys.find("first")
    assert await keys.find("other") is None
    assert await keys.find("short") is None


@pytest.mark.parametrize("keys", [[], "none", None, [7], [{"kty": "RSA"}]])
async def test_a_provider_without_keys_vouches_for_nobody(
    provider: OpenIdProvider, openid: OpenIdStandIn, keys: Any
) -> None:
    openid.keys = keys
    with pytest.raises(IdentityNotConfirmed):
        await identified(provider, openid)
