"""Notices of changes: never dropped, and no send of whoever caused them."""

from tests.controllers.conftest import FEW_LEFT, Limited
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


def test_a_number_is_told_of_every_change(product: Product) -> None:
    owner = Owner(product)
    sql(product, NOTICES, owner.phone, 100)
    owner.change("email", first := new_email())
    assert len(sql(product, TOLD, owner.phone)) == 101
    owner.change("email", new_email())
    message(product, first, "Your e-mail address was changed")
    assert len(sql(product, TOLD, owner.phone)) == 102


def test_a_notice_is_no_code_that_was_asked_for(limited: Limited) -> None:
    """Else someone else's changes would keep a person from their own codes."""
    owner = Owner(limited.product)
    limited.wait(7200)
    sql(limited.product, NOTICES, owner.phone, 15)
    owner.get("/account/confirm")
    assert owner.post("/account/confirm/code").status == 303
    page = owner.get("/account/confirm").html
    assert not [words for words in FEW_LEFT if words in page]
