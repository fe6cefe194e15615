"""A day of an app on a phone, before two processes: the first answer to each call is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.client import Client
from tests.crowd import sql
from tests.faults.staged import until
from tests.lossy import LossyClient
from tests.person import PASSWORD, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores

SENT = "SELECT template FROM deliveries WHERE destination = ANY($1) ORDER BY created_at, template"
ACCOUNTS = "SELECT count(*) FROM users WHERE phone = $1 OR email = $2"
SESSIONS = "SELECT count(*) FROM sessions s JOIN users u ON u.id = user_id WHERE u.email = $1"
OTHER = "nine herons sail backwards"


@pytest.fixture(scope="module")
def busy(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two processes over one pair of stores."""
    folder, redis = tmp_path_factory.mktemp("day"), f"{stores.redis_url}?db=5"
    product = Product(folder, stores.new_database(), redis, limits=GENEROUS)
    yield product.start("--workers", "2")
    product.close()


@pytest.fixture
def app(busy: Product) -> Iterator[LossyClient]:
    with LossyClient(busy) as app:
        yield app


def count(product: Product, statement: str, *values: str) -> int:
    return int(sql(product, statement, *values)[0]["count"])


def sent(product: Product, *contacts: str) -> list[str]:
    return [row["template"] for row in sql(product, SENT, list(contacts))]


def test_a_sign_up_makes_one_account_with_one_session(busy: Product, app: LossyClient) -> None:
    phone, email = new_phone(), new_email()
    made = app.sign_up(phone, email)
    assert made.status_code == 201
    assert made.headers["idempotency-replayed"] == "true"
    assert sent(busy, phone, email) == ["phone_code", "email_code"]
    assert (count(busy, ACCOUNTS, phone, email), count(busy, SESSIONS, email)) == (1, 1)


def test_a_day_from_the_sign_up_to_the_end_of_the_account(busy: Product, app: LossyClient) -> None:
    phone, email = new_phone(), new_email()
    app.sign_up(phone, email)
    app.post("/tokens/refresh", refresh_token=app.tokens["refresh_token"])
    assert app.get("/me").json()["phone"] == phone
    assert app.post("/me/password", password=OTHER).status_code == 200
    assert app.post("/logout").status_code == 204
    app.tokens = {}
    app.post("/login/phone", phone=phone)
    app.post("/login/phone-code", code=app.code(phone, 1))
    assert app.call("DELETE", "/me", {"password": OTHER}).status_code == 204
    made = ["phone_code", "email_code", "password_changed"]
    ended = ["phone_code", "new_device", "account_deleted", "account_deleted_text"]
    assert sent(busy, phone, email) == made + ended
    assert count(busy, ACCOUNTS, phone, email) == 0


def test_a_number_is_replaced_once(busy: Product, app: LossyClient) -> None:
    phone, email, new = new_phone(), new_email(), new_phone()
    app.sign_up(phone, email)
    app.post("/me/phone", phone=new)
    assert app.post("/me/phone-code", code=app.code(new)).json()["user"]["phone"] == new
    assert sent(busy, new) == ["phone_code"]
    assert sent(busy, phone) == ["phone_code", "phone_changed_text"]


def test_twenty_refreshes_at_once_leave_one_session(busy: Product, app: LossyClient) -> None:
    email = new_email()
    app.sign_up(new_phone(), email)
    body = {"refresh_token": app.tokens["refresh_token"]}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: app.http.post("/tokens/refresh", json=body), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["tokens"]["refresh_token"] for answer in answers}) == 1
    app.tokens = answers[7].json()["tokens"]
    assert app.get("/me").status_code == 200
    assert count(busy, SESSIONS, email) == 1


def test_a_session_that_is_ended_elsewhere_is_dead_in_both_processes(
    busy: Product, app: LossyClient
) -> None:
    email = new_email()
    app.sign_up(new_phone(), email)
    for _ in range(8):
        assert app.get("/me").status_code == 200
    with Client(busy) as elsewhere:
        elsewhere.post("/login/password", email=email, password=PASSWORD)
        assert elsewhere.call("DELETE", "/sessions").status_code == 204

    def asked() -> set[int]:
        """By connections of their own, which both processes take."""
        with ThreadPoolExecutor(8) as pool:
            return {each.status_code for each in pool.map(lambda _: app.get("/me"), range(8))}

    until(lambda: asked() == {401})
    refused = app.post("/tokens/refresh", refresh_token=app.tokens["refresh_token"])
    assert refused.status_code == 401
