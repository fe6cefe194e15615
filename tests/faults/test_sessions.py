"""People who are signed in while PostgreSQL or Redis is away: none is signed out by it."""

from collections.abc import Iterator

import pytest

from tests.faults.staged import AT_MOST, PAGE, Clocked
from tests.faults.stand import someone
from tests.faults.test_stores import broken, polite
from tests.person import new_email, new_phone
from tests.product import Product
from tests.stores import Stores

PASSWORD = "seven otters paint slowly"


@pytest.fixture(scope="module")
def kept(own_stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder, redis = tmp_path_factory.mktemp("kept"), f"{own_stores.redis_url}?db=1"
    with Product(folder, own_stores.new_database(), redis) as product:
        yield product


@pytest.fixture
def person(kept: Product) -> Clocked:
    person = someone(kept)
    person.email = new_email()
    person.sign_up(new_phone(), person.email)
    return person


@pytest.mark.parametrize("how", ["valkey stopped", "valkey suspended"])
def test_without_redis_people_stay_signed_in_refresh_come_and_go(
    own_stores: Stores, kept: Product, person: Clocked, how: str
) -> None:
    with broken(own_stores, kept, how):
        for _ in range(3):
            person.http.cookies.pop("access")
            assert person.get("/account").status == 200
        came = someone(kept).submit("/login/password", email=person.email, password=PASSWORD)
        assert (came.status, came.path) == (200, "/account")
        gone = dict(person.http.cookies)
        assert person.post("/logout").location == "/"
        person.http.cookies.update({"refresh": gone["refresh"]})
        assert person.get("/account").location.startswith("/login")
        assert person.slowest < PAGE


@pytest.mark.parametrize("how", ["postgres stopped", "postgres suspended"])
def test_without_postgresql_nobody_is_signed_out(
    own_stores: Stores, kept: Product, person: Clocked, how: str
) -> None:
    forms = person.get("/account")
    access = person.http.cookies["access"]
    with broken(own_stores, kept, how):
        assert polite(person.get("/account"))
        for button in ("/account/sessions/revocation", "/logout"):
            person.page = forms
            assert polite(person.post(button))
        person.http.cookies.pop("access")
        seen = person.get("/account/sessions")
        assert (seen.status, polite(seen)) == (503, True)
        assert person.slowest < AT_MOST
    person.http.cookies.set("access", access, domain="127.0.0.1")
    assert person.get("/account").status == 200
    person.http.cookies.pop("access")
    assert person.get("/account").status == 200
