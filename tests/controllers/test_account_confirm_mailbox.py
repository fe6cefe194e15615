"""A mailbox is one kind of proof: a password that it has set and a code that it is sent confirm
nothing together, where the account has no number.
"""

import pytest

from tests.controllers.test_account_undo_provider import Linker
from tests.crowd import sql
from tests.dormant import UNUSED, prove_number, release, released
from tests.federated import Federated, identities_of
from tests.holder import PASSWORD, Holder, confirm_by_code
from tests.owner import Owner, contacts
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

HERE = "/account/confirm"
SAID = "You chose your password with a code by e-mail"
A_WEEK_LATER = """
UPDATE users SET password_reset_at = password_reset_at - interval '7 days' WHERE email = $1
"""
A_DAY_AGO = """
UPDATE contact_changes SET changed_at = changed_at - interval '1 day'
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""


def number_released(product: Product) -> Holder:
    """It was not used for long, and its number is a newcomer's by now."""
    return released(product)


def number_added_lately(product: Product) -> Holder:
    """The recovery takes it off again."""
    owner = released(product)
    person = owner.elsewhere()
    confirm_by_code(person, owner.email)
    person.submit("/account/phone", phone=(new := new_phone()))
    person.submit("/account/phone-code", code=product.code_for(new))
    assert contacts(product, owner.email) == [(new, owner.email)]
    return owner


def number_changed_lately(product: Product) -> Holder:
    """The recovery takes the new one off, and the one from before is someone else's by now."""
    owner = Owner(product)
    owner.change("phone", new_phone())
    sql(product, A_DAY_AGO, owner.email)
    Person(product).sign_up(owner.phone, new_email())
    return owner


@pytest.fixture(params=[number_released, number_added_lately, number_changed_lately])
def owner(product: Product, request: pytest.FixtureRequest) -> Holder:
    """Whose mailbox someone has read, who chose a password with it."""
    owner: Holder = request.param(product)
    recover(owner)
    assert contacts(product, owner.email) == [(None, owner.email)]
    return owner


def recover(owner: Holder | Federated) -> None:
    at_password(owner.product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)


def says_so(seen: Seen) -> bool:
    return SAID in seen.html and "in 7 days" in seen.html


def test_the_mailbox_alone_changes_nothing(owner: Holder) -> None:
    thief = owner.elsewhere(NEW_PASSWORD)
    had = len(owner.product.codes_for(owner.email))
    refused = thief.post(f"{HERE}/code")
    assert (refused.status, says_so(refused)) == (422, True)
    assert thief.submit(HERE, code="12345678").status == 422
    assert thief.submit(HERE, password=NEW_PASSWORD).status == 422
    assert len(owner.product.codes_for(owner.email)) == had
    for path in ("phone", "email", "password", "data"):
        assert thief.get(f"/account/{path}").location.startswith(f"{HERE}?return_to=")
    thief.submit_from("/account/deletion", "/account/deletion")
    assert contacts(owner.product, owner.email) == [(None, owner.email)]


def test_the_page_says_from_when_on(owner: Holder) -> None:
    person = owner.elsewhere(NEW_PASSWORD)
    page = person.get(HERE)
    assert (page.status, says_so(page), page.alert) == (200, True, "")
    assert page.heading.endswith("in 7 days")
    main = page.html.partition("<main")[2]
    assert ('name="code"' in main, 'name="password"' in main) == (False, False)
    assert f"{HERE}/code" not in main
    assert person.get("/account").status == 200, "it is theirs to use meanwhile"


def test_a_week_later_a_code_by_mail_is_enough(owner: Holder) -> None:
    sql(owner.product, A_WEEK_LATER, owner.email)
    person = owner.elsewhere(NEW_PASSWORD)
    assert confirm_by_code(person, owner.email).path == "/account"
    assert person.get("/account/data").status == 200


def test_nor_does_auth0_where_it_was_linked_before(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    sql(product, UNUSED, zoe.email, 91)
    release(prove_number(zoe)[0])
    recover(zoe)
    thief = Person(product)
    thief.submit("/login/password", email=zoe.email, password=NEW_PASSWORD)
    page = thief.get(HERE)
    assert ("Confirm with single sign-on" in page.html, says_so(page)) == (False, True)
    assert thief.post(f"{HERE}/code").status == 422
    [linked] = identities_of(product, zoe.email)
    thief.submit_from("/account/identities", f"/account/identities/{linked['id']}/removal")
    assert len(identities_of(product, zoe.email)) == 1


def test_a_password_of_their_own_alone_confirms_what_auth0_opened(product: Product) -> None:
    """The same mailbox may be behind the sign-in and the code."""
    owner = Linker(product)
    owner.link(owner.email)
    sql(product, UNUSED, owner.email, 91)
    release(prove_number(owner)[0])
    thief = Federated(product, owner.email)
    assert thief.come_with_auth0("login", email=owner.email).path == "/account"
    page, had = thief.get(HERE), len(product.codes_for(owner.email))
    assert ("E-mail me a" in page.html, 'name="password"' in page.html) == (False, True)
    assert thief.post(f"{HERE}/code").status == 422
    assert len(product.codes_for(owner.email)) == had
    assert thief.submit(HERE, password=PASSWORD).path == "/account"
    assert thief.get("/account/data").status == 200
