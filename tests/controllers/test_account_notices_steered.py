"""Whoever takes an account's address cannot steer what its owner is told: both are, for a week."""

import pytest

from tests.crowd import sql
from tests.federated import Federated
from tests.holder import PASSWORD, Holder, message
from tests.owner import Owner
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD

KEPT = "SELECT expires_at - created_at AS kept FROM deliveries WHERE destination = $1"
A_WEEK_AGO = """
UPDATE contact_changes SET changed_at = changed_at - interval '7 days 1 minute'
WHERE new_value = $1
"""


TEXTS = """
SELECT count(*) FROM deliveries WHERE destination = $1 AND template = 'phone_changed_text'
"""
SUMMARIES = """
SELECT context->>'count' AS count, expires_at - created_at > interval '6 days' AS kept
FROM deliveries WHERE destination = $1 AND template = 'new_devices'
"""


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


def subjects(product: Product, to: str) -> list[str]:
    return [sent.subject or "" for sent in product.messages(to)]


def test_a_new_password_is_told_at_the_address_of_before(owner: Owner) -> None:
    owner.change("email", new := new_email())
    owner.submit("/account/password", password=NEW_PASSWORD)
    for address in (owner.email, new):
        assert message(owner.product, address, "Your password was changed")


def test_after_a_week_it_is_told_at_the_new_one_alone(owner: Owner) -> None:
    owner.change("email", new := new_email())
    sql(owner.product, A_WEEK_AGO, new)
    owner.submit("/account/password", password=NEW_PASSWORD)
    assert message(owner.product, new, "Your password was changed")
    assert "Your password was changed" not in subjects(owner.product, owner.email)


class Linker(Holder, Federated):
    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)


def test_a_new_way_in_is_told_at_the_address_of_before(product: Product) -> None:
    owner = Linker(product)
    owner.submit("/account/email", email=(new := new_email()))
    owner.submit("/account/email-code", code=product.code_for(new))
    owner.come_with_auth0("link", email=new_email())
    for address in (owner.email, new):
        assert message(product, address, "A new way to sign in")


def test_a_notice_is_kept_for_a_week(owner: Owner) -> None:
    owner.change("phone", new_phone())
    [notice] = sql(owner.product, KEPT + " AND template = 'phone_changed'", owner.email)
    assert notice["kept"].total_seconds() == pytest.approx(7 * 86_400, abs=1)


def test_numbers_of_the_last_week_are_told_of_every_change(owner: Owner) -> None:
    owner.change("phone", first := new_phone())
    owner.change("phone", second := new_phone())
    told = [sql(owner.product, TEXTS, to)[0]["count"] for to in (owner.phone, first, second)]
    assert told == [2, 1, 0]
    sql(owner.product, A_WEEK_AGO, first)
    owner.change("phone", new_phone())
    told = [sql(owner.product, TEXTS, to)[0]["count"] for to in (owner.phone, first, second)]
    assert told == [2, 2, 1]


def test_more_sign_ins_are_told_at_the_address_of_before(owner: Owner) -> None:
    owner.change("email", new := new_email())
    for _ in range(3):
        Person(owner.product).submit("/login/password", email=new, password=PASSWORD)
    for address in (owner.email, new):
        message(owner.product, address, "New sign-in to your account")
        [summary] = sql(owner.product, SUMMARIES, address)
        assert (summary["count"], summary["kept"]) == ("2", True)


def test_a_summary_that_waits_for_another_try_is_added_to(owner: Owner) -> None:
    for _ in range(3):
        owner.elsewhere()
        sql(owner.product, "UPDATE deliveries SET tries = 1 WHERE destination = $1"
                           " AND template = 'new_devices'", owner.email)  # fmt: skip
    [summary] = sql(owner.product, SUMMARIES, owner.email)
    assert summary["count"] == "2"
