"""What an operator keeps out: a number and a block of them, a network, a mail domain."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import httpx
import pytest

from app.controllers.routes import CONTROLLERS, WAYS_IN
from app.domain.blocks import KEPT
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.settings import DEVELOPMENT_KEY
from tests.client import Client
from tests.commands.running import typed
from tests.crowd import sql
from tests.federated import Federated
from tests.owner import Owner
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import Product

HERE = "127.0.0.0/24"
REFUSED = "SELECT refusal FROM refused_sends WHERE subject = $1"
THROWAWAY = "throwaway.example.net"


@contextmanager
def kept_out(product: Product, target: str) -> Iterator[None]:
    """Every process goes by it, before and after."""
    env = {"DATABASE_URL": product.env["DATABASE_URL"]}
    assert typed("block", "add", target, "--reason", "a test", "--yes", **env).exit_code == 0
    sleep(KEPT + 0.1)
    try:
        yield
    finally:
        assert typed("block", "remove", target, "--yes", **env).exit_code == 0
        sleep(KEPT + 0.1)


def called(product: Product, path: str, **body: str) -> httpx.Response:
    with Client(product) as client:
        return client.post(path, **body)


def texts_to(product: Product, number: str) -> int:
    [row] = sql(product, "SELECT count(*) FROM deliveries WHERE destination = $1", number)
    return int(row["count"])


@pytest.mark.parametrize("path", ["/signup/phone", "/login/phone"])
def test_nothing_goes_to_a_blocked_number_with_or_without_an_account(
    product: Product, path: str
) -> None:
    """The same answer, so that it tells of no account. Its owner is in by the password."""
    owner, number = Owner(product), new_phone()
    sent = texts_to(product, owner.phone)
    with kept_out(product, owner.phone), kept_out(product, number[:-4]):
        seen = [Person(product).submit(path, phone=each) for each in (owner.phone, number)]
        back = Person(product)
        assert (
            back.submit("/login/password", email=owner.email, password=PASSWORD).path == "/account"
        )
        told = called(product, "/signup/phone", phone=number)
    assert [(one.status, one.alert) for one in seen] == [(422, seen[0].alert)] * 2
    assert "We can’t send codes to that number." in seen[0].alert
    assert (texts_to(product, owner.phone), texts_to(product, number)) == (sent, 0)
    assert (told.status_code, told.json()["code"]) == (422, "number_blocked")
    subject = Subjects(keys_for("subjects", (DEVELOPMENT_KEY,))).of(owner.phone)
    assert [row["refusal"] for row in sql(product, REFUSED, subject)] == ["number_blocked"]
    assert Person(product).submit(path, phone=number).status == 200


def test_from_a_blocked_network_nothing_is_started_or_guessed(product: Product) -> None:
    owner = Owner(product)
    with kept_out(product, HERE):
        for path, form in (
            ("/signup/phone", {"phone": new_phone()}),
            ("/login/phone", {"phone": new_phone()}),
            ("/login/password", {"email": owner.email, "password": PASSWORD}),
            ("/recovery/email", {"email": owner.email}),
        ):
            seen = Person(product).submit(path, **form)
            assert (seen.status, "from your network" in seen.html) == (403, True), path
        assert Person(product).get("/signup").status == 200
        assert Person(product, "127.0.1.1").submit("/signup/phone", phone=new_phone()).status == 200
        assert owner.get("/account").status == 200
        told = called(product, "/login/password", email=owner.email, password=PASSWORD)
        assert (told.status_code, told.json()["code"]) == (403, "network_blocked")


def test_every_way_in_asks_whether_its_network_is_kept_out() -> None:
    """By calls as by pages, also by those that are new."""
    begins = ("/signup", "/login", "/recovery", "/auth0")
    found = {one for one in CONTROLLERS if one.path.removeprefix("/api/v1").startswith(begins)}
    assert len(found) == 7
    assert found == {*WAYS_IN}


def test_nobody_changes_to_an_address_of_a_blocked_domain_or_brings_one_by_the_provider(
    product: Product,
) -> None:
    owner, zoe = Owner(product), Federated(product, new_email().replace("example.org", THROWAWAY))
    address = f"a@{THROWAWAY}"
    with kept_out(product, THROWAWAY):
        assert "Signed up as" in zoe.come_with_auth0().html
        assert zoe.prove_phone().path == "/signup/email"
        for seen in (
            owner.submit("/account/email", email=address),
            zoe.submit("/signup/email", email=zoe.email),
        ):
            assert (seen.status, "that mail service" in seen.alert) == (422, True)
        assert product.codes_for(address) == []
    assert owner.submit("/account/email", email=new_email()).path == "/account/email-code"


def test_no_account_is_made_with_an_address_of_a_blocked_domain(product: Product) -> None:
    person = Person(product)
    person.submit("/signup/phone", phone=(phone := new_phone()))
    person.submit("/signup/phone-code", code=person.code(phone))
    with kept_out(product, THROWAWAY):
        for address in (f"a@{THROWAWAY}", f"a@mx.{THROWAWAY}"):
            seen = person.submit("/signup/email", email=address)
            assert (seen.status, "that mail service" in seen.alert) == (422, True)
        assert person.submit("/signup/email", email=new_email()).status == 200
