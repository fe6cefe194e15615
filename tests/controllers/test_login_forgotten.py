"""Wrong passwords when the short memory has forgotten or is gone: the audit trail knows of them."""

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import Person, new_email

HERE = "198.51.100.7"
REPEATED = """
INSERT INTO audit_events (event, network)
SELECT event, network FROM audit_events, generate_series(1, $1) WHERE event = 'password:refused'
"""


def attempt(person: Person) -> int:
    seen = person.submit("/login/password", email=new_email(), password="not the right one")
    return seen.status


@pytest.mark.parametrize("memory", ["silent", "flushed"])
def test_twenty_wrong_ones_from_an_address_are_on_record(limited: Limited, memory: str) -> None:
    assert attempt(limited.visitor(HERE)) == 422
    sql(limited.product, REPEATED, 19)
    limited.flush() if memory == "flushed" else limited.valkey.kill()
    refused, elsewhere = attempt(limited.visitor(HERE)), attempt(limited.visitor())
    if memory == "silent":
        limited.bring_back()
    assert (refused, elsewhere) == (429, 422)
