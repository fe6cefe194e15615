"""What other programs look for: the public keys, which are all that another service needs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from app.domain.sessions.keyring import EVERY
from app.domain.sessions.signing_keys import KNOWN_AFTER
from tests.crowd import sql
from tests.person import Person
from tests.product import Product
from tests.sessions.held import Owner
from tests.sessions.mint import Mint, claims_of, kid_of

KEYS = "/.well-known/jwks.json"
README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = r"## Trust its sessions from another service\n.*?```python\n(.*?)```"


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


def service(product: Product) -> Callable[[str], str]:
    """The very lines of the README, for this deployment."""
    [lines] = re.findall(SECTION, README, re.DOTALL)
    written = '"https://login.example.org"'
    assert lines.count(written) == 1
    names: dict[str, Any] = {}
    exec(lines.replace(written, f'"{product.url}"'), names)  # noqa: S102 - what we ask others to do
    return names["user_of"]


def test_another_service_knows_the_person_by_the_lines_of_the_readme(
    product: Product, token: str
) -> None:
    assert service(product)(token) == claims_of(token)["sub"]


def test_the_lines_of_the_readme_refuse_everything_else(product: Product, token: str) -> None:
    mint, claims, user_of = Mint.of(product), claims_of(token), service(product)
    past = datetime.now(UTC) - timedelta(minutes=1)
    bad = [
        mint.expired(token),
        mint.access(claims | {"aud": "https://another.example.org"}),
        mint.access(claims | {"iss": "https://another.example.org"}),
        mint.access(claims | {"exp": past}),
        mint.access(claims, {"typ": "JWT"}),
        mint.access(claims, {"kid": "unknown"}),
        token[:-4] + "AAAA",
        *(mint.access(claims | {name: None}) for name in claims if name != "gen"),
    ]
    assert user_of(mint.access(claims)) == claims["sub"]
    for other in bad:
        with pytest.raises(jwt.PyJWTError):
            user_of(other)
