"""The Auth0 sign-ins of an account: linked and removed by a fresh proof, never the last way in."""

import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.crowd import sql
from tests.federated import SIGN_OUT, Federated, identities_of, onwards, sign_out_of_auth0
from tests.holder import PASSWORD, Holder
from tests.owner import spoken
from tests.person import Seen, new_email
from tests.product import Product

HERE = "/account/identities"
LINK = "/auth0/start?for=link"
OTHERS = "SELECT id FROM identities WHERE user_id <> (SELECT id FROM users WHERE email = $1)"

FORMER = """
INSERT INTO identities (id, user_id, issuer, subject)
VALUES (gen_random_uuid(), $1, 'https://former.example/', 'zoe') RETURNING id
"""


class Linker(Holder, Federated):
    """With an account by phone and password."""

    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)

    def removal(self) -> str:
        [identity] = identities_of(self.product, self.email)
        return f"{HERE}/{identity['id']}/removal"


def linked(product: Product) -> tuple[Linker, str]:
    """And the address of the identity."""
    owner, email = Linker(product), new_email()
    page = owner.come_with_auth0("link", email=email)
    assert (page.path, "You can now sign in with" in page.html) == (HERE, True)
    return owner, email


def test_an_account_links_auth0_and_is_opened_by_it(product: Product) -> None:
    owner, email = linked(product)
    assert "Linked" in owner.get("/account").html
    assert owner.told("A new way to sign in")
    other = Federated(product, email)
    assert other.come_with_auth0("login").path == "/account"
    assert spoken(owner.phone) in other.get("/account").html


def test_linking_the_same_twice_is_the_same_once(product: Product) -> None:
    owner, email = linked(product)
    assert owner.come_with_auth0("link", email=email).path == HERE
    assert len(identities_of(product, owner.email)) == 1


def test_an_identity_of_someone_else_is_not_linked(product: Product) -> None:
    _, email = linked(product)
    other = Linker(product)
    page = other.come_with_auth0("link", email=email)
    assert (page.status, page.path) == (409, "/auth0/failed/identity-taken")
    assert "already opens another account" in page.alert
    assert identities_of(product, other.email) == []


def test_linking_and_removing_ask_for_a_fresh_proof(product: Product) -> None:
    owner, _ = linked(product)
    owner.let_proof_age()
    confirm = "/account/confirm?return_to="
    owner.get(HERE)
    assert owner.post(LINK).location == confirm + HERE
    owner.get(HERE)
    assert owner.post(owner.removal()).location == confirm + owner.removal()
    assert owner.get(owner.removal()).location == HERE
    assert len(identities_of(product, owner.email)) == 1
    assert owner.submit("/account/confirm", password=PASSWORD).status == 200


@pytest.mark.parametrize("site", ["same-origin", "cross-site", "none"])
def test_a_link_to_the_linking_shows_a_button_and_begins_nothing(
    product: Product, site: str
) -> None:
    owner = Linker(product)
    page = owner.get(LINK, **{"sec-fetch-site": site})
    assert (page.status, page.heading) == (200, "Continue with single sign-on")
    assert "oidc" not in owner.http.cookies
    assert onwards(owner.post(LINK)).startswith(f"{product.url}/dev/auth0/authorize?")


def test_a_form_of_another_site_links_nothing(product: Product) -> None:
    owner = Linker(product)
    page = Seen(owner.http.post(LINK, data={"csrf_token": "forged"}))
    assert (page.status, "oidc" in owner.http.cookies) == (403, False)
    assert "refresh" not in page.response.headers
    assert onwards(owner.post(LINK)), "the same form again, with the token of that page"


def test_a_sign_in_never_leads_on_to_the_linking(product: Product) -> None:
    """By a path that browsers read as another one than we would."""
    owner = Linker(product)
    person = Federated(product)
    person.http.get("/login", params={"return_to": "/account/%2e%2e/auth0/start?for=link"})
    person.get("/login/password")
    assert person.post("/login/password", email=owner.email, password=PASSWORD).location == "/"


def test_linking_needs_a_session_and_the_same_one_when_coming_back(product: Product) -> None:
    nobody = Federated(product)
    nobody.get(LINK)
    assert nobody.post(LINK).location == f"/login?return_to={HERE}"
    owner = Linker(product)
    back = owner.answered("link")
    owner.submit("/login/password", email=owner.email, password=PASSWORD)
    assert owner.follow(back).path == "/account", "told nothing was linked"
    assert identities_of(product, owner.email) == []


def test_a_removed_identity_opens_nothing(product: Product) -> None:
    owner, email = linked(product)
    page = owner.submit_from(HERE, owner.removal())
    assert (page.path, "no longer opens" in page.html) == (HERE, True)
    assert Federated(product, email).come_with_auth0("login").path == "/signup/phone"


def test_the_last_way_in_stays(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    [identity] = identities_of(product, zoe.email)
    refused = zoe.submit_from(HERE, f"{HERE}/{identity['id']}/removal")
    assert (refused.status, "Choose a password first." in refused.alert) == (409, True)
    zoe.submit("/account/password", password=PASSWORD)
    page = zoe.submit_from(HERE, f"{HERE}/{identity['id']}/removal")
    assert (page.status, page.path) == (200, HERE)


def test_one_of_a_provider_that_is_asked_no_more_is_no_way_in(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    [working] = identities_of(product, zoe.email)
    [former] = sql(product, FORMER, working["user_id"])
    refused = zoe.submit_from(HERE, f"{HERE}/{working['id']}/removal")
    assert (refused.status, "Choose a password first." in refused.alert) == (409, True)
    assert zoe.submit_from(HERE, f"{HERE}/{former['id']}/removal").status == 200
    assert [one["id"] for one in identities_of(product, zoe.email)] == [working["id"]]


def test_someone_elses_is_not_there(product: Product) -> None:
    linked(product)
    owner = Linker(product)
    for theirs in (sql(product, OTHERS, owner.email)[0]["id"], uuid4()):
        assert owner.submit_from(HERE, f"{HERE}/{theirs}/removal").status == 200
    assert sql(product, OTHERS, owner.email) != []


def test_a_form_of_another_site_removes_nothing(product: Product) -> None:
    owner, _ = linked(product)
    assert owner.http.post(owner.removal(), data={"a": "b"}).status_code == 403
    assert len(identities_of(product, owner.email)) == 1


def test_a_link_to_the_removal_leads_to_the_list(product: Product) -> None:
    owner, _ = linked(product)
    assert owner.get(owner.removal()).location == HERE


def test_it_leads_to_the_log_out_of_auth0_and_back(product: Product) -> None:
    owner, _ = linked(product)
    url = sign_out_of_auth0(owner.get(HERE))
    assert urlsplit(url).path == "/dev/auth0/v2/logout"
    assert owner.get(url).location == f"{product.url}/login"
    owner.submit_from(HERE, owner.removal())
    assert SIGN_OUT not in owner.get(HERE).html, "nobody came from there"


def test_the_account_offers_to_link_where_nothing_is(product: Product) -> None:
    said = r'None yet</span> <a href="/account/identities">Link<span class="unseen"> single'
    assert re.search(said, Holder(product).get("/account").html)


def test_the_download_holds_them(product: Product) -> None:
    owner, _ = linked(product)
    assert len(owner.get("/account/data").response.json()["identities"]) == 1
