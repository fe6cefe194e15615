"""An answer of Auth0 from a session of its own that is older: beside the number it is no second
proof."""

from datetime import timedelta
from typing import Any

import pytest

from tests.controllers.test_account_identities import Linker
from tests.controllers.test_auth0_anew import returned
from tests.crowd import sql
from tests.dormant import UNUSED
from tests.federated import identities_of
from tests.owner import Owner
from tests.person import Seen
from tests.product import Product
from tests.standins.openid import LEFT_OUT, OpenIdStandIn

NOT_ASKED = [timedelta(minutes=-11), timedelta(days=-3), LEFT_OUT]
CHANGED = """
INSERT INTO audit_events (event, user_id, network)
SELECT 'identity:removed', id, '' FROM users, generate_series(1, 10) WHERE email = $1
"""


class Visitor(Linker, Owner):
    """In another browser than that of their sign-up."""

    def leave_browser(self) -> None:
        self.http.cookies.clear()


@pytest.fixture
def visitor(abroad: Product) -> Visitor:
    visitor = Visitor(abroad)
    visitor.leave_browser()
    return visitor


def come(visitor: Visitor, openid: OpenIdStandIn, auth_time: Any) -> Seen:
    """With an identity of the account's own address, and then its number."""
    claims = {"email": visitor.email, "email_verified": True, "auth_time": auth_time}
    returned(visitor, openid, "login", **claims)
    had = len(visitor.product.codes_for(visitor.phone))
    visitor.submit("/signup/phone", phone=visitor.phone)
    return visitor.submit("/signup/phone-code", code=visitor.product.code_for(visitor.phone, had))


@pytest.mark.parametrize("auth_time", NOT_ASKED)
def test_it_waits_in_the_session_for_another_proof(
    visitor: Visitor, openid: OpenIdStandIn, auth_time: Any
) -> None:
    assert come(visitor, openid, auth_time).path == "/signup/link"
    visitor.submit("/signup/link", answer="link")
    assert identities_of(visitor.product, visitor.email) == []
    refused = visitor.submit_from("/account/identities", "/account/identities/waiting")
    assert refused.path == "/account/confirm"


@pytest.mark.parametrize("auth_time", NOT_ASKED)
def test_an_account_unused_for_long_asks_for_its_code_by_mail(
    visitor: Visitor, openid: OpenIdStandIn, auth_time: Any
) -> None:
    sql(visitor.product, UNUSED, visitor.email, 91)
    assert come(visitor, openid, auth_time).path == "/login/email-code"
    assert identities_of(visitor.product, visitor.email) == []
    assert visitor.get("/account").status == 303


@pytest.mark.parametrize("auth_time", [timedelta(0), timedelta(minutes=-9)])
def test_who_was_asked_a_moment_ago_is_linked_at_once(
    visitor: Visitor, openid: OpenIdStandIn, auth_time: Any
) -> None:
    sql(visitor.product, UNUSED, visitor.email, 91)
    come(visitor, openid, auth_time)
    assert visitor.get("/account").status == 200
    assert len(identities_of(visitor.product, visitor.email)) == 1


def test_not_beyond_the_changes_of_a_day(visitor: Visitor, openid: OpenIdStandIn) -> None:
    sql(visitor.product, CHANGED, visitor.email)
    assert come(visitor, openid, timedelta(0)).path == "/signup/link"
    assert identities_of(visitor.product, visitor.email) == []
