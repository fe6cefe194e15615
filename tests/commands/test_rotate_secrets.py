"""Every command of docs/rotate-secrets.md, as it stands there, one after the other."""

import os
import re
import shlex
import subprocess
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

import pytest

from app.dev.stores.files import postgres_program
from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.test_house import ROOT

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PAGE = ROOT / "docs" / "rotate-secrets.md"
LINES = [
    shlex.split(line)
    for block in BLOCK.findall(PAGE.read_text())
    for line in block.splitlines()
    if line.strip()
]
OURS = [words[1:] for words in LINES if words[0] == "latchkey"]
AS_SUPERUSER = ["runuser", "-u", "postgres", "--"]
POSTGRES = [
    words[len(AS_SUPERUSER) :] for words in LINES if words[: len(AS_SUPERUSER)] == AS_SUPERUSER
]


@pytest.fixture
def url(stores: Stores) -> str:
    fresh = stores.new_database()
    assert typed("keys", "rotate", "--yes", DATABASE_URL=fresh).exit_code == 0
    return fresh


def test_each_does_what_it_says(stores: Stores, url: str) -> None:
    assert [words[:2] for words in OURS] == [
        ["keys", "rotate"], ["doctor"], ["keys", "list"], ["keys", "rotate"], ["keys", "revoke"],
    ]  # fmt: skip
    [first] = ask(url, "SELECT id FROM signing_keys")
    for words in OURS:
        given = [first["id"] if word == "KID" else word for word in words]
        ran = typed(*given, DATABASE_URL=url, REDIS_URL=f"{stores.redis_url}?db=2")
        assert ran.exit_code == 0, (words, ran.output)
    assert first["id"] not in {row["id"] for row in ask(url, "SELECT id FROM signing_keys")}


def run(url: str, program: str, *words: str, given: str = "") -> str:
    """As the superuser, in a session without a terminal: a password is read from `given`."""
    at = urlsplit(url)
    where = {"PGHOST": parse_qs(at.query)["host"][0], "PGUSER": str(at.username)}
    return subprocess.run(
        [postgres_program(program), *words],
        env=os.environ | where | {"PGDATABASE": at.path[1:]},
        input=given, capture_output=True, text=True, check=True, start_new_session=True,
    ).stdout  # fmt: skip


RIGHTS = (ROOT / "ops" / "postgresql" / "server-role.sql").read_text()
PASSWORDS = "SELECT rolname, rolpassword IS NOT NULL FROM pg_authid WHERE rolname LIKE $1"
ADD = "INSERT INTO audit_events (event) VALUES ('signup:started') RETURNING current_user"
FORBIDDEN = """SELECT 1 FROM pg_partition_tree('audit_events')
WHERE has_table_privilege($1, relid, 'UPDATE, DELETE')"""


def test_servers_are_given_another_password_by_another_role(stores: Stores, url: str) -> None:
    """With the rights of the first: all that `doctor` needs, and no more."""
    assert len(LINES) == len(OURS) + len(POSTGRES)
    first = f"server_{token_hex(4)}"  # all databases of a test run have the same roles
    second = f"{first}_2"
    create, look, take, drop = (
        [word.replace("latchkey_server", first) for word in words] for words in POSTGRES
    )
    run(url, "psql", f"--command=CREATE ROLE {first} LOGIN PASSWORD 'old'")
    granting = ("--set=ON_ERROR_STOP=1", "--single-transaction")
    run(url, "psql", *granting, given=RIGHTS.replace("latchkey_server", first))
    run(url, *create, given="new\nnew\n")
    theirs = url.replace("//latchkey@", f"//{second}@")
    doctor = typed("doctor", DATABASE_URL=theirs, REDIS_URL=f"{stores.redis_url}?db=2")
    assert (doctor.exit_code, [*ask(theirs, ADD)[0]]) == (0, [second]), doctor.output
    assert ask(url, FORBIDDEN, second) == []
    assert "(0 rows)" in run(url, *look)
    run(url, *take)
    assert dict(map(tuple, ask(url, PASSWORDS, f"{first}%"))) == {first: False, second: True}
    run(url, *drop)
    assert dict(map(tuple, ask(url, PASSWORDS, f"{first}%"))) == {first: False}
