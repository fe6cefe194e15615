"""The console is apart: no server has its pages, and it does not start without a token."""

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from litestar import Litestar

from app.commands.console import run_console
from app.settings import OPS_TOKEN_LENGTH
from app.web.middleware import CSP
from tests.commands.running import PRODUCTION, typed
from tests.console.operator import TOKEN, Operator
from tests.console.test_sign_in import ID
from tests.product import (
    NO_TLS,
    PATIENCE,
    PYTHONPATH,
    Product,
    clean_environment,
    free_port,
    original,
)
from tests.stores import Stores

ALL = "0.0.0.0"  # noqa: S104 - what it warns of
SHARED = {"/", "/static"}  # each has its own


async def test_a_server_knows_no_page_of_the_console(console: Litestar, product: Product) -> None:
    paths = {route.path for route in console.routes} - SHARED
    assert len(paths) > 10
    async with httpx.AsyncClient(base_url=product.url, verify=NO_TLS) as public:
        for path in paths:
            answer = await public.get(re.sub(r"\{[^}]+\}", ID, path))
            assert answer.status_code == 404, path


async def test_its_pages_have_the_headers_of_the_products(operator: Operator) -> None:
    for path in ("/console", "/console/nowhere", "/console/sign-in"):
        headers = (await operator.get(path)).response.headers
        assert headers["content-security-policy"] == CSP
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    refused = await operator.http.delete("/console")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("missing", ["OPS_TOKEN", "REDIS_URL", "SECRET_KEY"])
def test_it_does_not_start_without_what_it_needs(missing: str) -> None:
    env = PRODUCTION | {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "OPS_TOKEN": TOKEN}
    ended = typed("console", **env | {missing: ""})
    assert ended.exit_code == 2
    assert f"{missing} is missing" in ended.output


def test_it_says_how_long_a_token_is_at_least() -> None:
    env = PRODUCTION | {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}
    assert f"at least {OPS_TOKEN_LENGTH} characters" in typed("console", **env).output


def test_a_start_that_fails_ends_with_one() -> None:
    @asynccontextmanager
    async def failing(_: Litestar) -> AsyncIterator[None]:
        raise OSError("no memory")
        yield

    with pytest.raises(SystemExit) as ended:
        run_console(Litestar(lifespan=[failing]), "127.0.0.1", free_port())
    assert ended.value.code == 1


def answers(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def test_it_says_where_it_is_and_that_others_can_reach_it(stores: Stores, tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    env = {"ENVIRONMENT": "test", "DATABASE_URL": stores.postgres.url, "OPS_TOKEN": TOKEN,
           "REDIS_URL": stores.redis_url, "PYTHONPATH": PYTHONPATH}  # fmt: skip
    words = ("console", "--host", ALL, "--port", str(port))
    run = original().copy(*words, folder=tmp_path, env=clean_environment() | env, out=out, err=out)
    deadline = monotonic() + PATIENCE
    while not answers(port):
        assert run.poll() is None, out.read_text()
        assert monotonic() < deadline
        sleep(0.05)
    seen = httpx.get(f"http://127.0.0.1:{port}/console", verify=NO_TLS)
    run.terminate()
    assert run.wait() == 0
    assert seen.headers["location"].startswith("/console/sign-in")
    assert f"http://{ALL}:{port}/console" in out.read_text()
    assert f"Other machines can reach it at {ALL}" in out.read_text()
