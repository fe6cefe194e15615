"""A password that was set by way of the mailbox is no second proof beside it, for a week."""

import pytest

from tests.crowd import sql
from tests.holder import Holder, confirm_by_code
from tests.lost import HERE, OF
from tests.person import Person, Seen
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

THIRD_PASSWORD = "eleven green birds swim"
A_WEEK_AGO = (
    "UPDATE users SET password_reset_at = password_reset_at - interval '7 days' WHERE id = "
)


@pytest.fixture
def recovered(product: Product) -> Holder:
    """Someone who reads the mailbox has set a new password with it."""
    holder = Holder(product)
    at_password(product, holder.email).submit("/recovery/password", password=NEW_PASSWORD)
    return holder


def give_password(holder: Holder, browser: Person, password: str) -> tuple[Seen, int]:
    """The page, and how many codes were mailed."""
    page = browser.submit(HERE, password=password)
    asked = "SELECT FROM email_verifications WHERE email = $1 AND purpose = $2"
    sent = sql(holder.product, asked, holder.email, "confirm-without-phone")
    return page, len(sent)


def test_it_does_not_count_and_the_page_says_from_when(recovered: Holder) -> None:
    page, sent = give_password(recovered, recovered.elsewhere(NEW_PASSWORD), NEW_PASSWORD)
    assert (page.status, sent) == (422, 0)
    assert "You set this password with a code by e-mail" in page.alert
    assert page.alert.endswith("in 7 days.")


def test_a_week_later_it_counts(recovered: Holder) -> None:
    sql(recovered.product, A_WEEK_AGO + OF, recovered.email)
    page, sent = give_password(recovered, recovered.elsewhere(NEW_PASSWORD), NEW_PASSWORD)
    assert (page.status, sent) == (200, 1)


def test_one_that_was_chosen_with_the_phone_since_counts_at_once(recovered: Holder) -> None:
    browser = recovered.elsewhere(NEW_PASSWORD)
    confirm_by_code(browser, recovered.phone)
    browser.submit("/account/password", password=THIRD_PASSWORD)
    page, sent = give_password(recovered, recovered.elsewhere(THIRD_PASSWORD), THIRD_PASSWORD)
    assert (page.status, sent) == (200, 1)
