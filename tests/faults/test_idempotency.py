"""Calls with an Idempotency-Key while stores are away, and when the process dies under way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.client import Client
from tests.faults.outages import broken
from tests.faults.staged import Staged, held, until, waiting
from tests.person import PASSWORD, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores

# Whatever was carried out waits here for its answer to be kept.
STOP = """CREATE OR REPLACE FUNCTION wait_before_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(20261130); RETURN NEW; END $$"""
TRIGGER = """CREATE OR REPLACE TRIGGER wait_before_answer BEFORE UPDATE OF answer
ON idempotent_calls FOR EACH ROW EXECUTE FUNCTION wait_before_answer()"""
HELD = "SELECT pg_advisory_xact_lock(20261130)"
# PostgreSQL finishes a statement although nobody is there any more.
DROPPED = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
ABANDONED = "UPDATE idempotent_calls SET begun_at = begun_at - interval '16 seconds'"
MADE = "SELECT count(*) FROM users WHERE phone = $1 OR email = $2"


@pytest.fixture(scope="module")
def stopping(staged: Staged) -> Iterator[Staged]:
    """It can be killed between carrying a call out and keeping its answer."""
    staged.sql(STOP)
    staged.sql(TRIGGER)
    yield staged
    staged.sql("DROP TRIGGER wait_before_answer ON idempotent_calls")


def send(client: Client, key: str, path: str, body: dict[str, str]) -> httpx.Response:
    return client.call("POST", path, body, **{"idempotency-key": key})


def kill_before_the_answer(
    product: Staged, client: Client, key: str, path: str, body: dict[str, str]
) -> None:
    """And starts it again, when a process that died so is no longer waited for."""
    with held(product.database_url, HELD), ThreadPoolExecutor(1) as thread:
        lost = thread.submit(send, client, key, path, body)
        until(lambda: waiting(product.database_url) == 1)
        product.kill()
        assert isinstance(lost.exception(10), httpx.TransportError)
        product.sql(DROPPED)
    product.start()
    assert send(client, key, path, body).json()["code"] == "call_under_way"
    product.sql(ABANDONED)


def test_killed_before_each_answer_was_kept_a_sign_up_goes_on(stopping: Staged) -> None:
    phone, email = new_phone(), new_email()
    with Client(stopping) as client:
        kill_before_the_answer(stopping, client, "1", "/signup/phone", {"phone": phone})
        had = len(stopping.codes_for(phone))  # none where it died before that was sent
        begun = send(client, "1", "/signup/phone", {"phone": phone})
        assert begun.status_code == 201
        code = {"signup": client.handles["signup"], "code": client.code(phone, had)}
        kill_before_the_answer(stopping, client, "2", "/signup/phone-code", code)
        assert send(client, "2", "/signup/phone-code", code).json()["step"] == "email"
        client.post("/signup/email", email=email)
        client.post("/signup/email-code", code=client.code(email))
        last = {"signup": client.handles["signup"], "password": PASSWORD}
        kill_before_the_answer(stopping, client, "3", "/signup/password", last)
        made = send(client, "3", "/signup/password", last)
        assert made.status_code == 201
        assert client.get("/me").json()["email"] == email
    assert stopping.sql(MADE, phone, email)[0]["count"] == 1


def test_a_key_holds_while_redis_is_away_and_after_postgresql_has_restarted(
    own_stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, url = tmp_path_factory.mktemp("keys"), f"{own_stores.redis_url}?db=4"
    database, phone = own_stores.new_database(), new_phone()
    with Product(folder, database, url, limits=GENEROUS) as product, Client(product) as client:
        with broken(own_stores, product, "valkey stopped"):
            first = send(client, "1", "/signup/phone", {"phone": phone})
            assert first.status_code == 201
            with broken(own_stores, product, "postgres stopped"):
                assert send(client, "1", "/signup/phone", {"phone": phone}).status_code == 503
            again = send(client, "1", "/signup/phone", {"phone": phone})
        assert (again.status_code, again.json()) == (201, first.json())
        assert client.post("/signup/phone-code", code=client.code(phone)).json()["step"] == "email"
        assert len(product.codes_for(phone)) == 1
