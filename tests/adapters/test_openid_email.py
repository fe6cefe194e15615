"""The e-mail that a provider tells: taken when it can be written to, verified only by a boolean."""

from typing import Any

import pytest

from app.adapters.openid.provider import OpenIdProvider
from tests.adapters.samples import identified, refused_for
from tests.standins import behaviour as acts
from tests.standins.openid import LEFT_OUT, USERINFO, OpenIdStandIn


@pytest.mark.parametrize("verified", [False, "true", "True", 1, [True], None, LEFT_OUT])
async def test_only_true_is_verified(
    provider: OpenIdProvider, openid: OpenIdStandIn, verified: Any
) -> None:
    openid.claims = {"email_verified": verified}
    external_identity = await identified(provider, openid)
    assert (external_identity.email, external_identity.email_verified) == ("ada@example.org", False)


@pytest.mark.parametrize(
    "email",
    ["", "nobody", "a@b", 7, None, ["ada@example.org"], "Ada <ada@example.org>", "\ud800@a.org",
     "a\0@example.org", f"{'x' * 300}@example.org", "ädä@example.org"],
)  # fmt: skip
async def test_what_nobody_could_write_to_is_no_email(
    provider: OpenIdProvider, openid: OpenIdStandIn, email: Any
) -> None:
    openid.claims = {"email": email}
    external_identity = await identified(provider, openid)
    assert (external_identity.email, external_identity.email_verified) == (None, False)


async def test_an_email_is_told_in_its_canonical_form(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.claims = {"email": "Ada@Gmial.COM"}
    assert (await identified(provider, openid)).email == "ada@gmial.com"


async def test_userinfo_is_asked_where_the_token_has_no_email(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.claims = {"email": LEFT_OUT, "email_verified": LEFT_OUT}
    openid.userinfo = {"email": "ada@example.com", "email_verified": True}
    external_identity = await identified(provider, openid)
    assert (external_identity.email, external_identity.email_verified) == ("ada@example.com", True)
    [asked] = [one for one in openid.requests if one.path == USERINFO]
    assert asked.headers["authorization"] == f"Bearer {openid.access_token}"


@pytest.mark.parametrize("subject", ["auth0|eve", "", None, LEFT_OUT])
async def test_userinfo_of_someone_else_is_refused(
    provider: OpenIdProvider, openid: OpenIdStandIn, subject: Any
) -> None:
    openid.claims = {"email": LEFT_OUT}
    openid.userinfo = {"sub": subject, "email": "eve@example.org", "email_verified": True}
    assert await refused_for(provider, openid) == "userinfo sub"


@pytest.mark.parametrize(
    "act", [acts.http_500(), acts.answers(401), acts.html_200(), acts.drop_connection()]
)
async def test_without_userinfo_there_is_no_email(
    provider: OpenIdProvider, openid: OpenIdStandIn, act: acts.Behaviour
) -> None:
    openid.claims = {"email": LEFT_OUT}
    openid.scripts[USERINFO].always(act)
    assert (await identified(provider, openid)).email is None


async def test_without_an_access_token_userinfo_is_not_asked(
    provider: OpenIdProvider, openid: OpenIdStandIn
) -> None:
    openid.claims = {"email": LEFT_OUT}
    openid.tokens = {"access_token": LEFT_OUT}
    assert (await identified(provider, openid)).email is None
    assert openid.counts[USERINFO] == 0
