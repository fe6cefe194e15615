"""What other programs look for: the public keys, and whose tokens they are good for."""

import re
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from app.domain.sessions.signing_keys import KNOWN_AFTER
from app.domain.sessions.tokens import EVERY
from tests.crowd import sql
from tests.person import Person
from tests.product import Product
from tests.sessions.held import Owner
from tests.sessions.mint import claims_of, kid_of

KEYS = "/.well-known/jwks.json"


@pytest.fixture(scope="module")
def token(product: Product) -> str:
    return Owner.sign_up(product).hold().access


def test_the_public_keys_are_a_jwk_set(product: Product, token: str) -> None:
    answer = Person(product).get(KEYS).response
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwk-set+json")
    [key] = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "EdDSA")
    assert key["kid"] == kid_of(token)
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}, "nothing of the private half"


def test_they_are_kept_by_everybody_for_less_than_it_takes_a_new_one_to_sign(
    product: Product,
) -> None:
    person = Person(product)
    person.get("/signup/phone")
    answer = person.get(KEYS).response
    assert "set-cookie" not in answer.headers
    [seconds] = re.findall(r"^public, max-age=(\d+)$", answer.headers["cache-control"])
    assert int(seconds) + EVERY < KNOWN_AFTER.total_seconds()


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_they_are_not_sent_again_to_whoever_has_them(product: Product, known: str) -> None:
    person = Person(product)
    etag = person.get(KEYS).response.headers["etag"]
    again = person.get(KEYS, **{"if-none-match": known.format(etag)}).response
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert again.headers["cache-control"].startswith("public")
    assert person.get(KEYS, **{"if-none-match": '"other"'}).status == 200


def test_head_says_the_same(product: Product) -> None:
    answer = Person(product).http.head(KEYS)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "etag" in answer.headers


def test_without_a_key_there_is_no_set_and_nobody_is_sent_here(
    another_product: Callable[..., Product],
) -> None:
    """As with a `SECRET_KEY` that is not the one of the other servers."""
    product = another_product()
    assert Person(product).get("/health/ready").status == 200
    product.kill()
    product.env["SECRET_KEY"] = "a key that is not the one which sealed them"
    product.start()
    person = Person(product)
    assert person.get("/health/ready").status == 503
    assert person.get("/health/keys").response.json()["status"] == "fail"
    answer = person.get(KEYS).response
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    assert len(sql(product, "SELECT id FROM signing_keys")) == 1


def test_password_managers_are_led_to_where_it_is_changed(product: Product) -> None:
    assert Person(product).get("/.well-known/change-password").location == "/account/password"


def service(product: Product, audience: str) -> Callable[[str], dict[str, Any]]:
    """A neighbour that checks tokens by the book: with our public keys, and for itself."""
    keys = jwt.PyJWKClient(f"{product.url}{KEYS}")

    def claims(token: str) -> dict[str, Any]:
        key = keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, ["EdDSA"], audience=audience, issuer=product.url)

    return claims


def test_the_public_keys_are_those_of_our_tokens(product: Product, token: str) -> None:
    assert service(product, f"{product.url}/browser")(token) == claims_of(token)


@pytest.mark.parametrize("audience", ["", "/", "/api", "/api/v1", "/browser/", "/app"])
def test_no_neighbour_takes_the_token_of_a_browser(
    product: Product, token: str, audience: str
) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        service(product, product.url + audience)(token)
