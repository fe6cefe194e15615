"""How much a sign-up asks of PostgreSQL: each statement costs a process some 80 us of its time."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import time

import pytest
from redis import Redis

from tests.faults.staged import ask
from tests.person import Person, Seen, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores

MOST = 33  # and a claim for each of its two messages
STATEMENT = re.compile(r"LOG:  (?:execute [^:]+|statement): (.*?)(?=\n[0-9-]{10} |\Z)", re.DOTALL)
# A server asks these by the clock, or once for each connection.
OTHERS = ("WITH due AS MATERIALIZED", "SELECT count(*) AS versions", "typeinfo", "jit",
          "WHERE NOT counted AND channel IN", " processes ", "FROM signing_keys",
          "SELECT kind, key, room, is_allowed", "FROM blocks WHERE until",
          "restore_marks")  # fmt: skip
YESTERDAY = 25 * 3600


@pytest.fixture(scope="module")
def told(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product whose database writes down all statements, and whose Redis knows the last day."""
    stores.valkey_flush(9)
    with Redis.from_url(f"{stores.redis_url}?db=9") as memory:
        memory.set("{latchkey}:counting_since", int(time() - YESTERDAY) * 1000)
    url = stores.new_database()
    database = url.split("/")[3].split("?")[0]
    ask(url, f"ALTER DATABASE {database} SET log_statement = 'all'")
    folder = tmp_path_factory.mktemp("statements")
    with Product(folder, url, f"{stores.redis_url}?db=9", limits=GENEROUS) as product:
        yield product


def statements(log: Path, start: int) -> list[str]:
    found = [" ".join(each.split()) for each in STATEMENT.findall(log.read_text()[start:])]
    # The plain word is asked of a connection that has rested.
    return [each for each in found if each != "SELECT" and not any(o in each for o in OTHERS)]


def sign_up(person: Person) -> Seen:
    """Every page is looked at once, every form sent once, as without scripts."""
    phone, email = new_phone(), new_email()
    for step, name, value in (
        ("phone", "phone", lambda: phone),
        ("phone-code", "code", lambda: person.product.code_for(phone)),
        ("email", "email", lambda: email),
        ("email-code", "code", lambda: person.product.code_for(email)),
        ("password", "password", lambda: "seven otters paint slowly"),
    ):
        person.get(f"/signup/{step}")
        assert person.post(f"/signup/{step}", **{name: value()}).status == 303
    return person.get("/signup/done")


def test_a_sign_up_asks_no_more_than_35_statements(stores: Stores, told: Product) -> None:
    log = stores.postgres.log
    sign_up(Person(told))  # what is asked once has been
    start = len(log.read_text())
    assert sign_up(Person(told)).heading == "Your account is ready"
    asked = statements(log, start)
    assert len(asked) <= MOST, "\n".join(asked)
