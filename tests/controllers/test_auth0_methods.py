"""Auth0 among the ways in: marked while it is out of order, and nowhere where it was left out."""

from collections.abc import Callable

from redis import Redis

from tests.crowd import sql
from tests.faults.staged import until
from tests.federated import Federated, identities_of
from tests.holder import Holder
from tests.person import Person
from tests.product import Product
from tests.standins.openid import OpenIdStandIn

Make = Callable[..., Product]


def test_a_provider_that_is_down_is_marked_and_comes_back(another_product: Make) -> None:
    with OpenIdStandIn() as openid:
        openid.stop()
        product = another_product(**openid.environment)
        person = Person(product)
        seen = person.get(person.get("/auth0/start?for=login").location)
        assert (seen.status, seen.path) == (503, "/auth0/failed/identity-provider-down")
        assert seen.response.headers["retry-after"] == "30"
        until(lambda: "can’t reach single sign-on" in person.get("/login").html)
        for path in ("/login", "/signup"):
            page = person.get(path).html
            assert ("can’t reach single sign-on" in page, "/auth0/start" in page) == (True, False)
        until(lambda: person.get("/health/auth0").response.json()["status"] == "warn")
        openid.start()
        until(lambda: "/auth0/start" in person.get("/login").html)
        assert person.get("/auth0/start?for=login").location.startswith(openid.issuer)


def test_auth0_left_out_is_nowhere(another_product: Make) -> None:
    product = another_product(AUTH0_ISSUER="")
    owner = Holder(product)
    for path in ("/auth0/start", "/auth0/callback?code=a&state=b", "/auth0/failed/grant-spent"):
        assert owner.get(path).status == 404
    for path in ("/login", "/signup", "/account", "/account/identities"):
        assert "/auth0/start" not in Person(product).get(path).html
    assert "Linked logins" not in owner.get("/account").html
    assert owner.get("/health/auth0").status == 404


def test_a_lost_draft_is_rebuilt_with_the_identity(another_product: Make) -> None:
    product = another_product()
    zoe = Federated(product)
    zoe.come_with_auth0()
    flush(product)
    assert "one thing left: your phone." in zoe.get("/signup/phone").html
    zoe.give_phone(zoe.phone)
    flush(product)
    assert zoe.give_phone_code(zoe.phone).path == "/signup/done"
    assert len(identities_of(product, zoe.email)) == 1


def flush(product: Product) -> None:
    with Redis.from_url(product.env["REDIS_URL"]) as client:
        client.flushdb()


def test_a_deleted_account_leaves_no_identity_behind(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    assert zoe.submit("/account/deletion").path == "/"
    left = "SELECT * FROM identity_proofs WHERE email = $1 AND ended_at IS NULL"
    assert sql(product, left, zoe.email) == []
    assert Federated(product, zoe.email).come_with_auth0("login").path == "/signup/phone"
