"""Notices of changes: few enough to flood nobody, and no send of whoever caused them."""

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.owner import Owner, message
from tests.person import new_email
from tests.product import Product

NOTICES = """
INSERT INTO deliveries (id, channel, template, destination, address, network, state, expires_at)
SELECT gen_random_uuid(), 'sms', 'email_changed_text', $1, '', '', 'sent', clock_timestamp()
FROM generate_series(1, $2)
"""
TOLD = "SELECT 1 FROM deliveries WHERE destination = $1 AND template = 'email_changed_text'"


def test_a_number_is_told_of_twenty_changes_a_day_at_most(product: Product) -> None:
    owner = Owner(product)
    sql(product, NOTICES, owner.phone, 19)
    owner.change("email", first := new_email())
    assert len(sql(product, TOLD, owner.phone)) == 20
    owner.change("email", new_email())
    message(product, first, "Your e-mail address was changed")
    assert len(sql(product, TOLD, owner.phone)) == 20


def test_a_notice_is_no_code_that_was_asked_for(limited: Limited) -> None:
    """Else somebody else's changes would keep a person from their own codes."""
    owner = Owner(limited.product)
    limited.wait(7200)
    sql(limited.product, NOTICES, owner.phone, 15)
    owner.get("/account/confirm")
    assert owner.post("/account/confirm/code").status == 303
    assert "You can do this 4 more times this hour." in owner.get("/account/confirm").html
