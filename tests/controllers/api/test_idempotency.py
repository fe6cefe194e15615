"""`Idempotency-Key`: a call whose answer got lost is sent again, and carried out once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.client import Client, problem_of
from tests.crowd import sql
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import Product

KEPT = "SELECT answer FROM idempotent_calls"
COUNT = "SELECT count(*) FROM idempotent_calls"


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


def send(client: Client, key: str, path: str, **body: object) -> httpx.Response:
    return client.call("POST", path, body, **{"idempotency-key": key})


def test_a_repeated_call_has_the_same_answer_and_sends_nothing(client: Client) -> None:
    key, phone = str(uuid4()), new_phone()
    first = send(client, key, "/signup/phone", phone=phone)
    again = send(client, key, "/signup/phone", phone=phone)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again.headers["idempotency-replayed"], again.headers["cache-control"]) == (
        "true",
        "no-store",
    )
    assert "idempotency-replayed" not in first.headers
    client.code(phone)
    assert len(client.product.codes_for(phone)) == 1


def test_an_account_is_made_once_and_its_tokens_are_given_again(client: Client) -> None:
    phone, email, key = new_phone(), new_email(), str(uuid4())
    client.post("/signup/phone", phone=phone)
    client.post("/signup/phone-code", code=client.code(phone))
    client.post("/signup/email", email=email)
    client.post("/signup/email-code", code=client.code(email))
    body = {"signup": client.handles["signup"], "password": PASSWORD}
    first = send(client, key, "/signup/password", **body)
    client.tokens = {}  # the answer was lost
    again = send(client, key, "/signup/password", **body)
    assert (first.status_code, first.json()) == (201, again.json())
    assert len(client.get("/sessions").json()["sessions"]) == 1


def test_the_same_key_for_another_call_is_refused(client: Client) -> None:
    key, phone = str(uuid4()), new_phone()
    send(client, key, "/signup/phone", phone=phone)
    other = send(client, key, "/signup/phone", phone=new_phone())
    assert problem_of(other) == (422, "idempotency_key_reused", None)
    elsewhere = send(client, key, "/login/phone", phone=phone)
    assert problem_of(elsewhere) == (422, "idempotency_key_reused", None)


def test_of_many_at_once_one_is_carried_out(client: Client) -> None:
    key, phone = str(uuid4()), new_phone()

    def call(_: int) -> httpx.Response:
        return client.http.post(
            "/signup/phone", json={"phone": phone}, headers={"idempotency-key": key}
        )

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(call, range(10)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [answer.json()["signup"] for answer in answers if answer.status_code == 201]
    assert len(set(made)) == 1
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert all(problem_of(each)[1] == "call_under_way" for each in waiting)
    client.code(phone)
    assert len(client.product.codes_for(phone)) == 1


def test_what_may_end_otherwise_a_moment_later_is_not_kept(
    client: Client, product: Product
) -> None:
    key, phone, email = str(uuid4()), new_phone(), new_email()
    Person(product).sign_up(phone, email)
    pair = {"email": email, "password": "not this one"}
    assert send(client, key, "/login/password", **pair).status_code == 401
    pair["password"] = PASSWORD
    assert send(client, key, "/login/password", **pair).status_code == 200


def test_the_key_of_one_account_is_not_that_of_another(client: Client, product: Product) -> None:
    key = str(uuid4())
    client.sign_up(new_phone(), new_email())
    with Client(product) as other:
        other.sign_up(new_phone(), new_email())
        for each in (client, other):
            answer = each.call("PATCH", "/me", {"locale": "de"}, **{"idempotency-key": key})
            assert answer.json()["id"] == each.get("/me").json()["id"]


def test_the_key_of_one_session_is_not_that_of_another(client: Client, product: Product) -> None:
    phone, email, key = new_phone(), new_email(), str(uuid4())
    client.sign_up(phone, email)
    with Client(product) as other:
        other.post("/login/phone", phone=phone)
        other.post("/login/phone-code", code=other.code(phone, 1))
        for each in (client, other):
            send(each, key, "/confirm", password=PASSWORD)
        ids = [one["id"] for one in client.get("/sessions").json()["sessions"] if one["current"]]
        assert other.call("DELETE", f"/sessions/{ids[0]}").status_code == 204
        assert (client.get("/me").status_code, other.get("/me").status_code) == (401, 200)


def test_once_its_session_has_ended_an_answer_tells_nothing_more(client: Client) -> None:
    key = str(uuid4())
    client.sign_up(new_phone(), new_email())
    ask = ("PATCH", "/me", {"locale": "de"})
    assert client.call(*ask, **{"idempotency-key": key}).status_code == 200
    for _ in range(2):
        assert client.call("POST", "/logout", **{"idempotency-key": "out"}).status_code == 204
    assert client.call(*ask, **{"idempotency-key": key}).status_code == 401


def test_refusals_leave_no_rows(client: Client, product: Product) -> None:
    had = sql(product, COUNT)
    for body in ({"phone": "12"}, {"phone": 12}, {}):
        assert send(client, str(uuid4()), "/signup/phone", **body).status_code == 422
    assert sql(product, COUNT) == had


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256])
def test_what_is_no_key_is_refused(client: Client, key: str) -> None:
    answer = client.http.post(
        "/signup/phone",
        json={"phone": new_phone()},
        headers={"idempotency-key": key.encode("latin-1")},  # type: ignore[dict-item]
    )
    assert problem_of(answer) == (422, "bad_idempotency_key", None)


def test_a_dump_of_the_table_gives_no_answer_away(client: Client, product: Product) -> None:
    signup = send(client, str(uuid4()), "/signup/phone", phone=new_phone()).json()["signup"]
    kept = [row["answer"] for row in sql(product, KEPT) if row["answer"]]
    assert kept
    assert not any(signup.encode() in each for each in kept)


def test_a_call_whose_process_died_is_carried_out_anew(client: Client, product: Product) -> None:
    key, phone = str(uuid4()), new_phone()
    send(client, key, "/signup/phone", phone=phone)
    sql(product, "UPDATE idempotent_calls SET answer = NULL")
    body = {"phone": phone}
    assert problem_of(send(client, key, "/signup/phone", **body)) == (409, "call_under_way", None)
    sql(product, "UPDATE idempotent_calls SET begun_at = begun_at - interval '16 seconds'")
    assert send(client, key, "/signup/phone", **body).status_code == 201


def test_a_body_that_is_too_large_is_refused_as_ever(client: Client) -> None:
    answer = send(client, str(uuid4()), "/signup/phone", phone="0" * 65_536)
    assert problem_of(answer)[0] == 413
