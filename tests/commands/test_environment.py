"""What only a developer's machine has: nobody else gets it by leaving something out."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from app.commands import seed as demo
from app.dev.app import build
from app.domain.limits import LimitTable
from app.settings import BadSettings, read_settings
from tests.commands.running import PRODUCTION, latchkey
from tests.commands.test_dev import OnOneMachine
from tests.person import Person
from tests.product import PYTHONPATH, Product
from tests.stores import Stores

NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
# What else than DATABASE_URL each cannot do without, in production.
COMMANDS = {
    "serve": ("SECRET_KEY", "BASE_URL", "TWILIO_ACCOUNT_SID", "SENDGRID_API_KEY"),
    "keys rotate": ("SECRET_KEY",),
    "person unlock ada@example.org": ("SECRET_KEY",),
}
OUTBOX = "/dev/outbox"


@pytest.mark.parametrize("words", COMMANDS)
def test_without_environment_every_command_is_production(tmp_path: Path, words: str) -> None:
    refused = latchkey(tmp_path, *words.split(), **NOWHERE)
    assert refused.returncode == 2
    for name in COMMANDS[words]:
        assert f"  - {name} " in refused.stderr


@pytest.mark.parametrize("words", ["migrate", "cleanup", "seed --yes", "pricing show"])
def test_what_asks_the_database_alone_needs_no_other_secret(tmp_path: Path, words: str) -> None:
    silent = latchkey(tmp_path, *words.split(), **NOWHERE)
    assert silent.returncode == 1
    assert "PostgreSQL" in silent.stderr


@pytest.mark.parametrize("words", ["migrate", "cleanup", "seed --yes", "pricing show"])
def test_what_is_given_has_to_be_right_for_every_command(tmp_path: Path, words: str) -> None:
    refused = latchkey(tmp_path, *words.split(), SECRET_KEY="a" * 40, BASE_URL="nowhere", **NOWHERE)
    assert refused.returncode == 2
    assert "SECRET_KEY is too easy to guess" in refused.stderr
    assert "  - BASE_URL " in refused.stderr


@pytest.mark.parametrize("given", ["", "dev", "Production", "prod"])
def test_an_environment_that_is_none_is_never_development(given: str) -> None:
    with pytest.raises(BadSettings) as bad:
        read_settings({"ENVIRONMENT": given} | NOWHERE)
    assert any("SECRET_KEY is missing" in problem for problem in bad.value.problems)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"HOST": "::"},
        {"HOST": "192.168.0.2"},
        {"BASE_URL": "https://login.example.org"},
    ],
)
@pytest.mark.parametrize("environment", ["development", "test"])
def test_beyond_loopback_nothing_stands_in(environment: str, elsewhere: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as bad:
        read_settings({"ENVIRONMENT": environment} | NOWHERE | elsewhere)
    told = "\n".join(bad.value.problems)
    for name in ("SECRET_KEY", "TWILIO_ACCOUNT_SID", "SENDGRID_API_KEY"):
        assert f"{name} is missing" in told
    assert f"ENVIRONMENT={environment} " in told, "and why"


def test_a_test_deployment_brings_its_own_and_has_no_development_pages() -> None:
    env = PRODUCTION | NOWHERE | {"ENVIRONMENT": "test", "BASE_URL": "https://test.example.org"}
    assert not read_settings(env).is_local
    published = {"SECRET_KEY": "development-only-key-never-for-production"}
    with pytest.raises(BadSettings):
        read_settings(env | published)


def test_a_deployment_may_text_nobody() -> None:
    silent = read_settings({"ENVIRONMENT": "test", "SMS_REGIONS": ""} | NOWHERE)
    assert (silent.sms_regions, silent.default_region) == ((), "")


def test_dev_listens_on_loopback_only(tmp_path: Path) -> None:
    refused = latchkey(tmp_path, "dev", HOST="::", **NOWHERE)
    assert refused.returncode == 2
    assert "set HOST" in refused.stderr


@pytest.mark.parametrize("path", [OUTBOX, "/dev/auth0/.well-known/jwks.json"])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 proxy"},
        {"x-real-ip": "203.0.113.9"},
        {"host": "login.example.org"},
        {"host": "[::1"},
    ],
)
def test_what_came_through_a_proxy_finds_no_development_pages(
    product: Product, path: str, headers: dict[str, str]
) -> None:
    person = Person(product)
    assert person.get(path).status == 200
    assert person.get(path, **headers).status == 404


@pytest.mark.parametrize("peer", ["192.168.0.9", "203.0.113.9", "2001:db8::1", ""])
async def test_nobody_but_this_machine_finds_them(peer: str) -> None:
    local = build(read_settings({"ENVIRONMENT": "test"} | NOWHERE), LimitTable(), grace=0)
    assert await status(local, "GET", peer) == 404
    assert await status(local, "GET", "127.0.0.1") == 200


@pytest.mark.parametrize("environment", ["production", "test"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_elsewhere_they_do_not_exist(environment: str, method: str) -> None:
    env = PRODUCTION | NOWHERE | {"ENVIRONMENT": environment}
    app = build(read_settings(env), LimitTable(), grace=0)
    assert await status(app, method, "127.0.0.1") == 404


async def status(app: Litestar, method: str, peer: str) -> int:
    transport = httpx.ASGITransport(app=app, client=(peer, 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        return (await http.request(method, OUTBOX)).status_code


def test_commands_beside_a_running_dev_are_development(tmp_path: Path) -> None:
    dev = OnOneMachine(tmp_path / "dev", "", "")
    try:
        dev.start()
        for words in ("migrate", "seed", "cleanup", "keys rotate --yes", "pricing show"):
            done = latchkey(dev.folder, *words.split())
            assert (done.returncode, done.stderr) == (0, "")
        assert dev.stop() == 0
    finally:
        dev.close()
    refused = latchkey(dev.folder, "cleanup")
    assert (refused.returncode, "DATABASE_URL is missing" in refused.stderr) == (2, True)


def test_dev_adds_nobody_to_a_database_that_was_named(stores: Stores, tmp_path: Path) -> None:
    stores.valkey_flush(1)
    dev = OnOneMachine(tmp_path / "dev", stores.empty_database(), f"{stores.redis_url}?db=1")
    try:
        person = Person(dev.start())
        seen = person.submit("/login/password", email=demo.EMAIL, password=demo.PASSWORD)
        assert seen.status == 422
    finally:
        dev.close()


def test_seed_asks_where_someone_can_be_asked(stores: Stores, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    env = {"PYTHONPATH": PYTHONPATH, "ENVIRONMENT": "test", "PATH": os.environ["PATH"]}
    asked = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "seed"],
        cwd=tmp_path,
        env=env | {"DATABASE_URL": stores.new_database()},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.write(ours, b"y\n")
    told, _ = asked.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert (asked.returncode, b"Demo people added: 1" in told) == (0, True)
