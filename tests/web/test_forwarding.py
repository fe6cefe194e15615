"""A proxy that TRUSTED_PROXIES does not name is told of; HSTS reaches as far as it is set to."""

import logging
from typing import Any

import httpx
import pytest

from app.dev.app import build
from app.domain.limits import LimitTable
from app.settings import read_settings
from tests.commands.running import PRODUCTION

ORIGIN = "https://login.example.org"
TOKEN = "a token of operators that is long enough"
SET_UP = PRODUCTION | {
    "BASE_URL": ORIGIN,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "OPS_TOKEN": TOKEN,
    "TRUSTED_PROXIES": "10.0.0.0/8",
}


def asked(peer: str, **env: str) -> httpx.AsyncClient:
    app: Any = build(read_settings(SET_UP | env), LimitTable(), grace=0)
    transport = httpx.ASGITransport(app=app, client=(peer, 1))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


async def seen(http: httpx.AsyncClient, token: str = TOKEN) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = await http.get("/health/proxies", headers=headers)
    fact: dict[str, Any] = answer.json()["checks"]["proxies:state"][0]
    return fact


async def test_a_proxy_that_is_not_named_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async with asked("172.18.0.5") as http:
        for _ in range(3):
            await http.get("/signup/phone", headers={"x-forwarded-for": "203.0.113.9"})
        told, hidden = await seen(http), await seen(http, "")
    lines = [record for record in caplog.records if record.name == "app.proxies"]
    assert [line.__dict__["peer"] for line in lines] == ["172.18.0.5"], "once a minute"
    assert told["status"] == "warn"
    assert told["output"] == "X-Forwarded-For from 172.18.0.5, not in TRUSTED_PROXIES"
    assert "output" not in hidden


@pytest.mark.parametrize(
    ("peer", "headers"),
    [("10.1.2.3", {"x-forwarded-for": "203.0.113.9"}), ("172.18.0.5", {})],
)
async def test_whoever_is_named_or_forwards_nothing_is_not(
    caplog: pytest.LogCaptureFixture, peer: str, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.WARNING, "app.proxies"):
        async with asked(peer) as http:
            await http.get("/signup/phone", headers=headers)
            assert (await seen(http))["status"] == "pass"
    assert [record for record in caplog.records if record.name == "app.proxies"] == []


@pytest.mark.parametrize(
    ("hsts", "header"),
    [
        ("", "max-age=63072000"),
        ("host", "max-age=63072000"),
        ("subdomains", "max-age=63072000; includeSubDomains"),
        ("preload", "max-age=63072000; includeSubDomains; preload"),
    ],
)
async def test_neighbours_are_bound_only_by_setting(hsts: str, header: str) -> None:
    async with asked("10.1.2.3", HSTS=hsts) as http:
        answer = await http.get("/health/live")
    assert answer.headers["strict-transport-security"] == header
