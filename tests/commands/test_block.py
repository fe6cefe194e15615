"""`latchkey block`: what is kept out, until when and why, and who has said so."""

import json
import re
import shlex

import pytest
from click.testing import Result

from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores
from tests.test_house import ROOT

TRAIL = "SELECT event, details FROM audit_events ORDER BY id"
NEVER = "until it is removed"


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def block(url: str, *words: str) -> Result:
    return typed("block", *words, "--operator", "Grace", DATABASE_URL=url)


def add(url: str, target: str, *words: str) -> Result:
    return block(url, "add", target, "--reason", "fraud", "--yes", *words)


@pytest.mark.parametrize(
    ("target", "kind", "value"),
    [
        ("+46 70 174 06 05", "number", "+46701740605"),
        ("+4670174", "block", "+4670174"),
        ("203.0.113.7", "network", "203.0.113.7/32"),
        ("203.0.113.7/24", "network", "203.0.113.0/24"),
        ("2001:db8::/48", "network", "2001:db8::/48"),
        ("Mail.Example.com", "domain", "mail.example.com"),
        ("@bücher.example.com", "domain", "xn--bcher-kva.example.com"),
    ],
)
def test_each_kind_is_told_apart(url: str, target: str, kind: str, value: str) -> None:
    told = json.loads(add(url, target, "--json").output)
    assert (told["kind"], told["value"], told["until"]) == (kind, value, None)
    [row] = json.loads(typed("block", "list", "--json", DATABASE_URL=url).output)
    assert (row["kind"], row["value"], row["reason"], row["added_by"]) == (
        kind, value, "fraud", "Grace",
    )  # fmt: skip
    assert block(url, "remove", target, "--yes").exit_code == 0
    assert typed("block", "list", DATABASE_URL=url).output == "Nobody is kept out.\n"


def test_it_ends_when_it_was_said_to(url: str) -> None:
    assert NEVER in add(url, "+4670174").output
    assert "until 20" in add(url, "+4670174", "--for", "90m").output
    [row] = ask(url, "SELECT until - now() BETWEEN '89 m' AND '91 m' AS soon FROM blocks")
    assert row["soon"]
    ask(url, "UPDATE blocks SET until = now()")
    assert json.loads(typed("block", "list", "--json", DATABASE_URL=url).output) == []
    assert block(url, "remove", "+4670174", "--yes").exit_code == 1


def test_it_is_on_record_without_the_number_or_address(url: str) -> None:
    add(url, "+46701740605")
    add(url, "203.0.113.7")
    block(url, "remove", "203.0.113.7", "--yes")
    rows = [(row["event"], json.loads(row["details"])) for row in ask(url, TRAIL)]
    assert [(event, facts["value"]) for event, facts in rows] == [
        ("block:added", "+4670****"), ("block:added", "203.0.113.0/24"),
        ("block:removed", "203.0.113.0/24"),
    ]  # fmt: skip
    assert {facts["by"] for _, facts in rows} == {"Grace"}


@pytest.mark.parametrize(
    "words",
    [("+1",), ("2001:db8::1",), ("nothing",), ("a@b@c.example",), ("+46a70",),
     ("+4670174", "--for", "90m", "--until", "2999-01-01"), ("+4670174", "--for", "soon"),
     ("+4670174", "--reason", " ")],
)  # fmt: skip
def test_what_is_none_of_them_is_wrong_use(url: str, words: tuple[str, ...]) -> None:
    assert add(url, *words).exit_code == 2
    assert ask(url, TRAIL) == []


@pytest.mark.parametrize("word", ["add", "remove"])
def test_a_change_asks_or_needs_yes(url: str, word: str) -> None:
    given = ("--reason", "fraud") if word == "add" else ()
    told = block(url, word, "+4670174", *given)
    assert (told.exit_code, "Add --yes if you mean it." in told.output) == (2, True)


def test_what_is_not_blocked_is_not_found(url: str) -> None:
    assert block(url, "remove", "+4670174", "--yes").exit_code == 1


def test_the_commands_of_the_guide_run(url: str) -> None:
    [block_of_lines] = re.findall(
        r"```sh\n(.*?)```", (ROOT / "docs/blocks.md").read_text(), re.DOTALL
    )
    for line in block_of_lines.splitlines():
        _, *words = shlex.split(line)
        assert typed(*words, DATABASE_URL=url).exit_code == 0, line
