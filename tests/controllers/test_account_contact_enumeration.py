"""Nobody learns whose a number or address is by asking to have it for their own account."""

from collections.abc import Callable

import pytest

from tests.crowd import sql
from tests.owner import Owner
from tests.person import new_phone
from tests.product import Product
from tests.twins import Twins, long_email

SENT = """
SELECT channel, template, purpose, expires_at - created_at > interval '9 minutes' AS lives
FROM deliveries WHERE destination = $1 AND purpose LIKE 'change-%' ORDER BY created_at
"""
LONG_AGO = """
UPDATE deliveries SET created_at = created_at - interval '2 days' WHERE destination = ANY($1)
"""


@pytest.fixture(scope="module")
def known(product: Product) -> dict[str, str]:
    """What someone else has."""
    someone = Owner(product, long_email())
    # Long ago: what was sent lately is counted, whether or not there is an account.
    sql(product, LONG_AGO, [someone.phone, someone.email])
    return {"phone": someone.phone, "email": someone.email}


def look_around(twins: Twins, kind: str) -> None:
    """Everything that can be asked between naming a contact and proving it."""
    step = f"/account/{kind}-code"
    for _ in range(2):  # a double click
        assert twins.post(f"/account/{kind}", **{kind: "CONTACT"}).location == step
    for path in (step, f"{step}/delivery"):
        twins.get(path)
        twins.get(path, **{"hx-request": "true"})
    assert twins.post(f"{step}/resend").location == step
    twins.get(step)
    wrong = "000000" if kind == "phone" else "00000000"
    assert [twins.post(step, code=wrong).status for _ in range(6)] == [422] * 6
    assert twins.post(f"/account/{kind}/cancel").location == "/account"


@pytest.mark.parametrize(("kind", "new"), [("phone", new_phone), ("email", long_email)])
def test_what_someone_has_is_answered_and_written_to_like_something_new(
    product: Product, known: dict[str, str], kind: str, new: Callable[[], str]
) -> None:
    people = Owner(product, long_email()), Owner(product, long_email())
    twins = Twins(people, (known[kind], new()))
    for person in twins.people:
        person.http.headers["accept-encoding"] = "identity"
        person.get(f"/account/{kind}")
    look_around(twins, kind)
    one, other = (sql(product, SENT, contact) for contact in twins.contacts)
    assert [tuple(row) for row in one] == [tuple(row) for row in other]
    assert len(one) == 2
