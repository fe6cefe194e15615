"""A database as its hosts offer it, with TLS and a password: let in, or told why not."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.certificates import certify
from tests.commands.running import typed
from tests.faults.staged import until
from tests.pgbouncer import GUARDED, PgBouncer
from tests.product import NO_TLS, Product
from tests.stores import Stores

TOKEN = {"authorization": "Bearer token-of-the-operators"}
SESSION = "statement_timeout,application_name,timezone"
CANNOT = "Error: PostgreSQL at DATABASE_URL cannot be used: "
GONE, LATE = "PostgreSQL is unavailable", "no answer in time"
NO_SUCH = 'database "no_such_thing" does not exist'
UNTRUSTED = f"{CANNOT}its certificate is not trusted: "


@pytest.fixture(scope="module")
def host(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgBouncer]:
    folder = tmp_path_factory.mktemp("host")
    server = PgBouncer(folder, stores.postgres.sockets, "session", SESSION, GUARDED)
    (server.own / "users").write_text('"latchkey" "hunter2"\n')
    certify(server.own)
    server.start()
    yield server
    server.stop()


def url_of(host: PgBouncer, stores: Stores, query: str, place: str = "localhost") -> str:
    name = stores.new_database().partition("?")[0].rpartition("/")[2]
    query = query.format(root=host.own / "server.pem")
    return f"postgresql://latchkey:hunter2@{place}:{host.port}/{name}?{query}"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sslmode=require",
        "sslmode=verify-full&sslrootcert={root}",
        "sslmode=require&channel_binding=require&sslrootcert={root}",
    ],
)
def test_it_is_reached_with_tls(host: PgBouncer, stores: Stores, query: str) -> None:
    url = url_of(host, stores, query)
    for command in ("migrate", "keys rotate --yes"):
        done = typed(*command.split(), DATABASE_URL=url)
        assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("place", "query", "told"),
    [
        ("localhost", "sslmode=verify-full", UNTRUSTED),
        ("localhost", "sslmode=require&channel_binding=require", UNTRUSTED),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={root}", UNTRUSTED),
        ("localhost", "sslmode=disable", CANNOT),
    ],
)
def test_one_that_cannot_be_trusted_is_not_used(
    host: PgBouncer, stores: Stores, place: str, query: str, told: str
) -> None:
    url = url_of(host, stores, query, place)
    for command in ("migrate", "keys rotate --yes"):
        refused = typed(*command.split(), DATABASE_URL=url)
        assert refused.exit_code == 1
        assert refused.stderr.startswith(told)
        assert "hunter2" not in refused.output


def test_a_wrong_password_is_told_in_one_sentence(host: PgBouncer, stores: Stores) -> None:
    url = url_of(host, stores, "sslmode=require").replace("hunter2", "hunter3")
    for command in ("migrate", "keys rotate --yes"):
        refused = typed(*command.split(), DATABASE_URL=url)
        assert refused.exit_code == 1
        assert refused.stderr == f"{CANNOT}SASL authentication failed.\n"


@pytest.fixture
def astray(stores: Stores, tmp_path: Path) -> Iterator[Product]:
    """A product whose database is not there."""
    url, redis = stores.postgres.url_of("no_such_thing"), f"{stores.redis_url}?db=1"
    product = Product(tmp_path, url, redis, OPS_TOKEN="token-of-the-operators")
    yield product.start()
    product.close()


def output(product: Product) -> str:
    answer = httpx.get(f"{product.url}/health/postgres", headers=TOKEN, timeout=5, verify=NO_TLS)
    return answer.json()["checks"]["postgres:state"][0]["output"]


def reasons(product: Product) -> Counter[str]:
    lines = [json.loads(line) for line in product.log.read_text().splitlines()]
    return Counter(line["reason"] for line in lines if line["event"] == GONE)


def test_health_and_log_hold_the_servers_own_words(astray: Product) -> None:
    until(lambda: output(astray) == NO_SUCH)  # on a busy machine it is late at first
    untold = httpx.get(f"{astray.url}/health/postgres", timeout=5, verify=NO_TLS).text
    assert "no_such_thing" not in untold
    told = reasons(astray)
    assert set(told) <= {NO_SUCH, LATE}
    again = told[LATE]  # each time something else was told in between
    assert 1 <= told[NO_SUCH] <= 3 + again, "one for each pool, not one for each request"
