"""Blocks at the console: who is kept out, asked for first and on record by name."""

import json

import pytest

from tests.console.operator import Operator
from tests.person import new_phone
from tests.stores import execute

BLOCKS = "SELECT kind, value, reason, added_by, until FROM blocks WHERE value = $1"
RECORDED = "SELECT event, details FROM audit_events WHERE event LIKE 'block:%' ORDER BY id"


async def test_a_number_is_kept_out_and_let_in_again(operator: Operator, url: str) -> None:
    phone = new_phone()
    asked = f"/console/blocks/new?target=%2B{phone[1:]}&days=30&reason=fraud+reported"
    page = await operator.get(asked)
    assert page.heading == f"Block {phone}?"
    assert await execute(url, BLOCKS, phone) == []
    done = await operator.confirm(asked)
    assert "fraud reported, by Ada" in done.html
    assert f"No code goes to {phone}" in done.html
    [row] = await execute(url, BLOCKS, phone)
    assert (row["kind"], row["reason"], row["added_by"]) == ("number", "fraud reported", "Ada")
    assert row["until"] is not None
    again = await operator.confirm(f"/console/blocks/removal?target=%2B{phone[1:]}")
    assert "Let in again: number" in again.html
    assert await execute(url, BLOCKS, phone) == []
    recorded = [json.loads(each["details"])["by"] for each in await execute(url, RECORDED)]
    assert recorded == ["Ada", "Ada"]


async def test_a_domain_is_kept_out_for_good(operator: Operator, url: str) -> None:
    await operator.confirm("/console/blocks/new?target=mail.example&days=&reason=made+up")
    [row] = await execute(url, BLOCKS, "mail.example")
    assert (row["kind"], row["until"]) == ("domain", None)
    assert "for good" in (await operator.get("/console/blocks")).html


@pytest.mark.parametrize(
    ("asked", "field"),
    [("target=&reason=x", "target"), ("target=%2B12&reason=x", "target"),
     ("target=mail.example&reason=", "reason")],
)  # fmt: skip
async def test_what_is_wrong_is_said_beside_its_field(
    operator: Operator, asked: str, field: str
) -> None:
    seen = await operator.get(f"/console/blocks/new?{asked}")
    assert (seen.status, f'id="{field}-error"' in seen.html) == (422, True)
    nobody = await operator.get("/console/blocks/removal?target=%2B")
    assert nobody.status == 422
