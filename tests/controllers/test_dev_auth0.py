"""The OpenID provider of a developer's machine, asked by the adapter that asks the real one."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.adapters.http_client import new_http_client
from app.adapters.openid.provider import OpenIdProvider
from app.domain.errors import Refusal
from app.domain.identity.provider import IdentityNotConfirmed, InvalidGrant
from tests.federated import Federated
from tests.openid import NONCE, VERIFIER, callback, chosen, page_url, provider_of, vouched
from tests.person import Person
from tests.product import Product


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_http_client() as one:
        yield one


@pytest.fixture(scope="module")
def provider(client: httpx.AsyncClient, product: Product) -> OpenIdProvider:
    return provider_of(client, product)


@pytest.mark.parametrize(
    ("fields", "email", "verified"),
    [
        ({"person": "ada"}, "ada.archer@example.org", True),
        ({"person": "ben", "unverified": "1"}, "ben.baker@example.org", False),
        ({"person": "cleo", "no_email": "1"}, None, False),
        ({"person": "new", "name": "Zoe", "email": "Zoe@Example.org"}, "zoe@example.org", True),
        ({"person": "new", "name": "Zoe", "no_email": "1"}, None, False),
    ],
)
async def test_it_vouches_for_whoever_is_chosen(
    provider: OpenIdProvider,
    product: Product,
    fields: dict[str, str],
    email: str | None,
    verified: bool,
) -> None:
    one = await vouched(provider, product, **fields)
    assert one.issuer == f"{product.url}/dev/auth0/"
    assert one.subject.startswith("auth0|")
    assert (one.email, one.email_verified) == (email, verified)


async def test_the_same_person_is_the_same_identity_whatever_is_told_of_them(
    provider: OpenIdProvider, product: Product
) -> None:
    telling: tuple[dict[str, str], ...] = ({}, {"unverified": "1"}, {"no_email": "1"})
    found = [await vouched(provider, product, person="ada", **ticks) for ticks in telling]
    other = await vouched(provider, product, person="ben")
    assert len({one.subject for one in found}) == 1
    assert other.subject != found[0].subject


@pytest.mark.parametrize(
    ("answer", "error"), [("refuse", "access_denied"), ("fail", "server_error")]
)
async def test_it_can_be_refused_and_can_fail(
    provider: OpenIdProvider, product: Product, answer: str, error: str
) -> None:
    assert await chosen(provider, product, answer) == {"error": error, "state": "state"}


async def test_nobody_chosen_or_no_address_is_told_beside_the_form(
    provider: OpenIdProvider, product: Product
) -> None:
    person, url = Person(product), await page_url(provider, product)
    seen = person.submit(url, person="", answer="continue")
    assert (seen.status, seen.alert) == (
        422,
        "There is a problem Choose someone, or make someone up.",
    )
    seen = person.submit(url, person="new", name="Zoe", email="zoe", answer="continue")
    assert seen.status == 422
    assert seen.field("name") == "Zoe"
    stale = Person(product).http.post(url, data={"person": "ada", "answer": "continue"})
    assert stale.status_code == 403


@pytest.mark.parametrize(
    ("verifier", "nonce", "refusal"),
    [("x" * 50, NONCE, InvalidGrant), (VERIFIER, "another", IdentityNotConfirmed)],
)
async def test_a_wrong_verifier_or_nonce_spends_the_code(
    provider: OpenIdProvider, product: Product, verifier: str, nonce: str, refusal: type[Refusal]
) -> None:
    code = (await chosen(provider, product, person="ada"))["code"]
    with pytest.raises(refusal):
        await provider.identify(code, verifier, nonce, callback(product))
    with pytest.raises(InvalidGrant):
        await provider.identify(code, VERIFIER, NONCE, callback(product))


def test_who_was_someone_is_them_again_with_one_click(
    client: httpx.AsyncClient, product: Product
) -> None:
    zoe = Federated(product)
    zoe.come_with_auth0()
    again = zoe.get(zoe.leave("login"))
    assert (again.field("name"), again.field("email")) == ("Zoe", zoe.email)
    assert 'id="person-new" value="new" checked' in again.html
    zoe.get(provider_of(client, product).build_logout_url(f"{product.url}/login"))
    assert zoe.get(zoe.leave("login")).field("email") == ""
