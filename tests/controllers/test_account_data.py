"""The download: everything that is held, for its owner alone, and no secret."""

import json
import re
from typing import Any

import pytest

from app.domain.account.personal_data import PARTS
from tests.crowd import sql
from tests.holder import Holder
from tests.owner import Owner
from tests.person import Person, new_email
from tests.product import Product

OF_PEOPLE = """
SELECT relname AS table_name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE attname = 'user_id' AND relnamespace = current_schema()::regnamespace
  AND relkind IN ('r', 'p') AND NOT relispartition
"""
LEFT_OUT: dict[str, str] = {}  # by table: why what it holds is not told


@pytest.fixture(scope="module")
def holder(product: Product) -> Holder:
    return Holder(product)


@pytest.fixture
def held(holder: Holder) -> dict[str, list[dict[str, Any]]]:
    held: dict[str, list[dict[str, Any]]] = json.loads(holder.get("/account/data").html)
    return held


def test_it_is_a_file_to_keep(holder: Holder) -> None:
    headers = holder.get("/account/data").response.headers
    assert headers["content-type"] == "application/json"
    assert headers["content-disposition"].startswith('attachment; filename="latchkey-')
    assert headers["cache-control"] == "no-store"


def test_it_holds_every_part(holder: Holder, held: dict[str, list[dict[str, Any]]]) -> None:
    assert held["account"][0]["phone"] == holder.phone
    assert held["account"][0]["email"] == holder.email
    assert len(held["sessions"]) == 1
    assert {row["destination"] for row in held["messages"]} == {holder.phone, holder.email}
    assert [row["phone"] for row in held["phone_codes"]] == [holder.phone]
    assert {row["network"] for row in held["messages"]} == {"127.0.0.0/24"}
    assert re.findall(r"127\.0\.0\.[1-9]|/32|/64", json.dumps(held)) == []
    opened = [row["details"] for row in held["events"] if row["event"] == "session:opened"]
    assert [list(details) for details in opened] == [["amr", "known", "device"]]


def test_changes_of_number_and_address_are_part_of_it(product: Product) -> None:
    owner = Owner(product)
    owner.change("email", new := new_email())
    [change] = json.loads(owner.get("/account/data").html)["contact_changes"]
    assert (change["kind"], change["old_value"], change["new_value"]) == ("email", owner.email, new)


def test_every_table_about_people_is_told_or_left_out_for_a_reason(product: Product) -> None:
    tables = {row["table_name"] for row in sql(product, OF_PEOPLE)}
    words = {word for query in PARTS.values() for word in query.text.split()}
    assert len(tables) > 5
    assert tables - words == LEFT_OUT.keys()
    assert all(LEFT_OUT.values())


def test_no_secret_is_in_it(held: dict[str, list[dict[str, Any]]]) -> None:
    text = json.dumps(held)
    assert "argon2" not in text
    assert not {"password_hash", "nonce", "flow_id"} & set(text.replace('"', " ").split())


def test_it_needs_a_fresh_proof(product: Product) -> None:
    holder = Holder(product)
    holder.let_proof_age()
    assert holder.get("/account/data").location == "/account/confirm?return_to=/account/data"


def test_nobody_else_gets_it(product: Product) -> None:
    assert Person(product).get("/account/data").location == "/login?return_to=/account/data"
