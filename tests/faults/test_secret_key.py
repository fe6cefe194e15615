"""`SECRET_KEY` replaced while people sign up at all servers: none signs by what another lacks."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.domain.keys import fingerprint_of
from tests.crowd import sql
from tests.faults.staged import until
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.sessions.held import Held, ask_at_once, held_by

OLD, NEW = "9b1c5f0d27e84a6f93d0b7c2e15a48d6", "f3a90c6be1d84725b06e9d1c7a5284fe"
Servers = tuple[Product, Product]
# As half a minute without a sign of life would leave it.
ENDED = "DELETE FROM processes WHERE secrets = ARRAY[$1]"
SIGNING = "SELECT DISTINCT signs_by FROM processes"


@pytest.fixture
def servers(another_product: Callable[..., Product], tmp_path: Path) -> Iterator[Servers]:
    one = another_product(limits=GENEROUS, SECRET_KEY=OLD, OPS_TOKEN="0f1e2d3c4b5a69788796a5b4")
    stores = (one.env["DATABASE_URL"], one.env["REDIS_URL"])
    own = {name: one.env[name] for name in ("BASE_URL", "SECRET_KEY", "OPS_TOKEN")}
    with Product(tmp_path / "other", *stores, limits=GENEROUS, **own) as other:
        yield one, other


def restart(server: Product, secret_key: str) -> None:
    server.stop()
    server.env["SECRET_KEY"] = secret_key
    server.start()


def sign_up_at_both(servers: Servers) -> Person:
    """Each step at the server that has not done the one before, and each code sent by either."""
    phone, email, at = new_phone(), new_email(), list(servers)
    person = Person(at[0])

    def step(path: str, **fields: str) -> None:
        at.reverse()
        person.http.base_url = httpx.URL(at[0].url)
        seen = person.submit(path, **fields)
        assert seen.status == 200, seen.alert
        assert seen.path != path, seen.alert

    def code(to: str) -> str:
        until(lambda: any(server.codes_for(to) for server in servers))
        return next(codes[0] for server in servers if (codes := server.codes_for(to)))

    step("/signup/phone", phone=phone)
    step("/signup/phone-code", code=code(phone))
    step("/signup/email", email=email)
    step("/signup/email-code", code=code(email))
    step("/signup/password", password=PASSWORD)
    return person


def signing(servers: Servers) -> set[str]:
    return {row["signs_by"] for row in sql(servers[0], SIGNING)}


def health(server: Product) -> tuple[str, str]:
    bearer = {"authorization": f"Bearer {server.env['OPS_TOKEN']}"}
    told = json.loads(Person(server).get("/health/secret-key", **bearer).response.text)
    [fact] = told["checks"]["secret-key:state"]
    return fact["status"], fact["output"]


def test_a_deploy_that_puts_the_new_one_first_at_once_loses_nobody(servers: Servers) -> None:
    old, new = fingerprint_of(OLD), fingerprint_of(NEW)
    before = held_by(sign_up_at_both(servers))
    assert health(servers[0]) == ("pass", f"{old} signs")
    restart(servers[0], f"{NEW},{OLD}")
    held = held_by(sign_up_at_both(servers))
    assert signing(servers) == {old}
    status, words = health(servers[0])
    assert (status, words.split(";")[0]) == ("warn", f"{old} signs, {new} verify")
    assert f"the key {new} is not known to" in words
    assert f"{old} signs meanwhile" in words
    restart(servers[1], f"{NEW},{OLD}")
    sign_up_at_both(servers)
    sql(servers[0], ENDED, old)
    until(lambda: signing(servers) == {new})
    last = held_by(sign_up_at_both(servers))
    for each in (before, held, last):
        seen = ask_at_once(servers, Held("", each.refresh))
        assert [answer.status_code for answer in seen] == [200, 200]
    assert health(servers[0]) == ("pass", f"{new} signs, {old} verify")
    log = servers[0].log.read_text()
    assert "SECRET_KEY is not the same everywhere" in log
    assert "all servers know the key that signs" in log
