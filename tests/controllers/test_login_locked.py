"""While an address is locked no password is looked at, so none is wrong for where it comes from."""

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import new_email

REFUSED = "SELECT FROM audit_events WHERE event = 'password:refused'"


def test_tries_while_locked_are_not_wrong_for_the_address(limited: Limited) -> None:
    person, locked = limited.visitor(), new_email()
    limited.age_memory()
    person.get("/login/password")
    statuses = [
        person.post("/login/password", email=locked, password=f"not the right one {n}").status
        for n in range(30)
    ]
    assert statuses == [422] * 5 + [429] * 25
    for _ in range(15):
        tried = person.post("/login/password", email=new_email(), password="not the right one")
        if tried.status == 429:
            break
    # Nine more accounts, which makes ten: memory and record agree on the wrong ones.
    assert len(sql(limited.product, REFUSED)) == 5 + 9
    assert "from here" in tried.alert
