"""Every command of docs/rotate-secrets.md, as it stands there, one after the other."""

import re

import pytest

from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.test_house import ROOT

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PAGE = ROOT / "docs" / "rotate-secrets.md"
COMMANDS = [
    line.strip().removeprefix("latchkey ").split()
    for block in BLOCK.findall(PAGE.read_text())
    for line in block.splitlines()
    if line.strip()
]


@pytest.fixture
def url(stores: Stores) -> str:
    fresh = stores.new_database()
    assert typed("keys", "rotate", "--yes", DATABASE_URL=fresh).exit_code == 0
    return fresh


def test_each_does_what_it_says(stores: Stores, url: str) -> None:
    assert [words[:2] for words in COMMANDS] == [
        ["keys", "rotate"], ["doctor"], ["keys", "list"], ["keys", "rotate"], ["keys", "revoke"],
    ]  # fmt: skip
    [first] = ask(url, "SELECT id FROM signing_keys")
    for words in COMMANDS:
        given = [first["id"] if word == "KID" else word for word in words]
        ran = typed(*given, DATABASE_URL=url, REDIS_URL=f"{stores.redis_url}?db=2")
        assert ran.exit_code == 0, (words, ran.output)
    assert first["id"] not in {row["id"] for row in ask(url, "SELECT id FROM signing_keys")}
