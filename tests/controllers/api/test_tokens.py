"""Sessions in JSON: refreshed once, listed, ended."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.client import Client, problem_of
from tests.person import PASSWORD, new_email, new_phone
from tests.product import Product

ENDED = (401, "unauthenticated", None)


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        client.sign_up(new_phone(), new_email())
        yield client


def refresh(client: Client, token: str) -> httpx.Response:
    return client.http.post("/tokens/refresh", json={"refresh_token": token})


def test_a_refresh_replaces_both_tokens(client: Client) -> None:
    first = client.tokens
    second = client.post("/tokens/refresh", refresh_token=first["refresh_token"]).json()["tokens"]
    assert set(second) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert second["refresh_token"] != first["refresh_token"]
    assert client.get("/me").status_code == 200


def test_twenty_refreshes_at_once_have_one_successor(client: Client) -> None:
    token = client.tokens["refresh_token"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: refresh(client, token), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["tokens"]["refresh_token"] for answer in answers}) == 1


def test_a_token_that_was_copied_ends_the_session(client: Client) -> None:
    first = client.tokens["refresh_token"]
    for _ in range(2):
        client.post("/tokens/refresh", refresh_token=client.tokens["refresh_token"])
        client.get("/me")
    assert problem_of(refresh(client, first)) == ENDED
    assert problem_of(refresh(client, client.tokens["refresh_token"])) == ENDED


@pytest.mark.parametrize("token", ["", "x", "\x00", "é" * 50, "A" * 5000])
def test_what_is_no_refresh_token_is_refused(client: Client, token: str) -> None:
    assert problem_of(refresh(client, token)) == ENDED


def test_a_log_out_ends_both_tokens(client: Client) -> None:
    answer = client.post("/logout")
    assert (answer.status_code, answer.content) == (204, b"")
    assert problem_of(client.get("/me")) == ENDED
    assert problem_of(refresh(client, client.tokens["refresh_token"])) == ENDED


def test_sessions_are_listed_and_ended(client: Client, product: Product) -> None:
    email = client.get("/me").json()["email"]
    with Client(product, **{"user-agent": "curl/8.5.0"}) as other:
        other.post("/login/password", email=email, password=PASSWORD)
        listed = client.get("/sessions").json()["sessions"]
        assert set(listed[0]) == {"id", "current", "device", "network", "created_at",
                                  "last_used_at", "amr"}  # fmt: skip
        assert sorted(one["current"] for one in listed) == [False, True]
        [theirs] = [one for one in listed if not one["current"]]
        assert (theirs["device"], theirs["amr"]) == ("curl", ["pwd"])
        assert client.call("DELETE", f"/sessions/{theirs['id']}").status_code == 204
        assert problem_of(other.get("/me")) == ENDED
    assert client.get("/me").status_code == 200


def test_all_other_sessions_are_ended_at_once(client: Client, product: Product) -> None:
    email = client.get("/me").json()["email"]
    with Client(product) as other:
        other.post("/login/password", email=email, password=PASSWORD)
        assert client.call("DELETE", "/sessions").status_code == 204
        assert problem_of(other.get("/me")) == ENDED
    assert len(client.get("/sessions").json()["sessions"]) == 1


def test_the_session_of_someone_else_is_left_alone(client: Client, product: Product) -> None:
    with Client(product) as other:
        other.sign_up(new_phone(), new_email())
        theirs = other.get("/sessions").json()["sessions"][0]["id"]
        assert client.call("DELETE", f"/sessions/{theirs}").status_code == 204
        assert other.get("/me").status_code == 200
    assert client.call("DELETE", f"/sessions/{uuid4()}").status_code == 204
    assert problem_of(client.call("DELETE", "/sessions/1"))[0] == 404
