"""Our side of OpenID Connect with a provider that nobody here wrote, the npm one."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import httpx
import pytest

from app.adapters.openid.provider import OpenIdProvider
from app.domain.errors import Refusal
from app.domain.identity.provider import ExternalIdentity, IdentityNotConfirmed, InvalidGrant
from tests.adapters.samples import CALLBACK
from tests.standins.foreign import (
    CLIENT_ID,
    CLIENT_SECRET,
    Browser,
    ForeignProvider,
    answer_in,
    running_foreign,
)


@pytest.fixture(scope="module", params=["0", "1"], ids=["like Auth0", "lean"])
def foreign(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ForeignProvider]:
    """Once as Auth0 does, and once with the e-mail only at /userinfo."""
    with running_foreign(tmp_path_factory.mktemp("oidc"), LEAN=request.param) as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    one = Browser()
    yield one
    one.close()


@dataclass
class SignIn:
    """One sign-in as the flow does it."""

    provider: OpenIdProvider
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    async def url(self, *, signup: bool = False) -> str:
        digest = sha256(self.verifier.encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        return await self.provider.build_authorization_url(
            self.state, self.nonce, challenge, CALLBACK, signup=signup
        )

    async def finish(self, code: str, **other: str) -> ExternalIdentity:
        given = {"verifier": self.verifier, "nonce": self.nonce, "redirect_uri": CALLBACK} | other
        return await self.provider.identify(code, **given)


def sign_in(
    client: httpx.AsyncClient, foreign: ForeignProvider, secret: str = CLIENT_SECRET
) -> SignIn:
    return SignIn(
        OpenIdProvider(client, issuer=foreign.issuer, client_id=CLIENT_ID, client_secret=secret)
    )


@pytest.mark.parametrize(
    ("login", "email", "verified"),
    [
        ("ada", "ada@example.org", True),
        ("unverified-ben", "unverified-ben@example.org", False),
        ("mailless-cleo", None, False),
    ],
)
async def test_someone_signs_in_and_is_confirmed_by_the_provider(
    client: httpx.AsyncClient,
    foreign: ForeignProvider,
    browser: Browser,
    login: str,
    email: str | None,
    verified: bool,
) -> None:
    one = sign_in(client, foreign)
    answer = answer_in(browser.sign_in(await one.url(signup=True), login))
    assert answer["state"] == one.state
    external_identity = await one.finish(answer["code"])
    assert external_identity == ExternalIdentity(foreign.issuer, login, email, verified)


async def test_the_same_person_again_is_the_same_identity(
    client: httpx.AsyncClient, foreign: ForeignProvider, browser: Browser
) -> None:
    found = set()
    for login in ("ada", "nobody is asked again"):
        one = sign_in(client, foreign)
        answer = answer_in(browser.sign_in(await one.url(), login))
        found.add(await one.finish(answer["code"]))
    assert [external_identity.subject for external_identity in found] == ["ada"]


async def test_a_code_works_once(
    client: httpx.AsyncClient, foreign: ForeignProvider, browser: Browser
) -> None:
    one = sign_in(client, foreign)
    code = answer_in(browser.sign_in(await one.url(), "ada"))["code"]
    await one.finish(code)
    with pytest.raises(InvalidGrant):
        await one.finish(code)


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"verifier": "x" * 64}, InvalidGrant),
        ({"redirect_uri": "http://127.0.0.1:1/auth0/callback"}, InvalidGrant),
        ({"nonce": "of another sign-in"}, IdentityNotConfirmed),
    ],
)
async def test_what_belongs_to_another_sign_in_is_refused(
    client: httpx.AsyncClient,
    foreign: ForeignProvider,
    browser: Browser,
    other: dict[str, str],
    refusal: type[Refusal],
) -> None:
    one = sign_in(client, foreign)
    code = answer_in(browser.sign_in(await one.url(), "ada"))["code"]
    with pytest.raises(refusal):
        await one.finish(code, **other)


async def test_a_made_up_code_is_refused(
    client: httpx.AsyncClient, foreign: ForeignProvider
) -> None:
    with pytest.raises(InvalidGrant):
        await sign_in(client, foreign).finish("made-up")


async def test_a_wrong_secret_is_our_own_fault(
    client: httpx.AsyncClient, foreign: ForeignProvider, browser: Browser
) -> None:
    one = sign_in(client, foreign, secret="another")
    code = answer_in(browser.sign_in(await one.url(), "ada"))["code"]
    with pytest.raises(IdentityNotConfirmed):
        await one.finish(code)


async def test_cancelling_comes_back_with_the_state(
    client: httpx.AsyncClient, foreign: ForeignProvider, browser: Browser
) -> None:
    one = sign_in(client, foreign)
    answer = answer_in(browser.cancel(await one.url()))
    assert (answer["error"], answer["state"]) == ("access_denied", one.state)


async def test_after_log_out_people_come_back_and_are_asked_again(
    client: httpx.AsyncClient, foreign: ForeignProvider, browser: Browser
) -> None:
    one = sign_in(client, foreign)
    browser.sign_in(await one.url(), "ada")
    home = "http://127.0.0.1:8000/"
    for url in (one.provider.build_logout_url(home), auth0s_own(foreign, home)):
        assert browser.sign_out(url).startswith(home)
    answer = answer_in(browser.sign_in(await one.url(), "ben"))
    assert (await one.finish(answer["code"])).subject == "ben"


def auth0s_own(foreign: ForeignProvider, home: str) -> str:
    return f"{foreign.issuer}v2/logout?client_id={CLIENT_ID}&returnTo={home}"
