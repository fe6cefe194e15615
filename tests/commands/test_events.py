"""`latchkey events`: what services were told is listed, and told again."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.commands.running import typed
from tests.faults.staged import ask
from tests.standins import behaviour as acts
from tests.standins.receiver import EventReceiver
from tests.stores import Stores

ADA, FIRST = UUID(int=1), UUID(int=7)
ADD = """
INSERT INTO events (id, service, type, user_id, state, tries, answer, expires_at, created_at)
VALUES ($1, $2, $3, $4, $5, 4, 'HTTP 500 Internal Server Error', now(), '2026-11-30T12:00Z')
"""
WAITING = "SELECT service, tries FROM events WHERE state = 'waiting' ORDER BY service"


@pytest.fixture
def url(stores: Stores) -> str:
    """With one event that two services were told of, and a later one that failed."""
    fresh = stores.new_database()
    ask(fresh, ADD, FIRST, "blog", "user.created", ADA, "delivered")
    ask(fresh, ADD, FIRST, "shop", "user.created", ADA, "delivered")
    ask(fresh, ADD, UUID(int=8), "shop", "user.deleted", ADA, "failed")
    return fresh


def test_the_newest_is_listed_first(url: str) -> None:
    listed = typed("events", "list", "--service", "shop", DATABASE_URL=url)
    assert listed.exit_code == 0
    assert listed.output.splitlines() == [
        f"2026-11-30 12:00:00 {UUID(int=number)} shop {kind}: {state}, 4 tries,"
        " HTTP 500 Internal Server Error"
        for number, kind, state in ((8, "user.deleted", "failed"), (7, "user.created", "delivered"))
    ]
    assert len(typed("events", "list", "--most", "1", DATABASE_URL=url).output.splitlines()) == 1


def test_a_list_may_be_json_and_empty(url: str) -> None:
    failed = typed("events", "list", "--state", "failed", "--json", DATABASE_URL=url)
    [event] = json.loads(failed.output)
    assert (event["type"], event["user"], event["tries"]) == ("user.deleted", str(ADA), 4)
    assert event["timestamp"] == "2026-11-30T12:00:00+00:00"
    waiting = typed("events", "list", "--state", "waiting", DATABASE_URL=url)
    assert (waiting.exit_code, waiting.output) == (0, "There are no such events.\n")


@pytest.mark.parametrize(
    ("words", "again"),
    [
        ((str(FIRST),), ["blog", "shop"]),
        ((str(FIRST), "--service", "shop"), ["shop"]),
        (("--since", "2026-11-30T12:00Z"), ["blog", "shop", "shop"]),
        (("--since", "2026-11-30 13:00+01:00", "--service", "blog"), ["blog"]),
        (("--since", "2026-11-30T12:01"), []),
        ((str(UUID(int=9)),), []),
    ],
)
def test_what_is_replayed_waits_again_as_new(
    url: str, words: tuple[str, ...], again: list[str]
) -> None:
    told = typed("events", "replay", *words, "--yes", DATABASE_URL=url)
    assert told.output == f"Events to be sent again: {len(again)}.\n"
    assert told.exit_code == (0 if again else 1)
    assert [tuple(row) for row in ask(url, WAITING)] == [(service, 0) for service in again]
    recorded = ask(url, "SELECT details FROM audit_events WHERE event = 'events:replayed'")
    counts = [json.loads(row["details"])["count"] for row in recorded]
    assert counts == ([len(again)] if again else [])


@pytest.mark.parametrize(
    "words", [(), (str(FIRST), "--since", "2026-11-30"), ("--since", "noon"), ("seven",)]
)
def test_a_replay_must_say_what(url: str, words: tuple[str, ...]) -> None:
    assert typed("events", "replay", *words, "--yes", DATABASE_URL=url).exit_code == 2
    assert ask(url, WAITING) == []


def test_a_replay_says_what_it_will_do_and_needs_yes_where_nobody_can_be_asked(url: str) -> None:
    refused = typed("events", "replay", "--since", "2026-11-30 13:00+01:00", DATABASE_URL=url)
    assert refused.exit_code == 2
    words = " ".join(refused.output.split())
    assert "sends all events since 2026-11-30 12:00:00 UTC again, to every service" in words
    assert "Add --yes" in words
    assert ask(url, WAITING) == []
    told = typed("events", "replay", str(FIRST), "--yes", "--json", DATABASE_URL=url)
    assert json.loads(told.output) == {"again": 2}


def test_who_looked_at_the_list_is_on_record(url: str) -> None:
    listed = typed("events", "list", "--service", "shop", "--operator", "Eve", DATABASE_URL=url)
    assert listed.exit_code == 0
    [row] = ask(url, "SELECT details FROM audit_events WHERE event = 'events:listed'")
    assert json.loads(row["details"]) == {"by": "Eve", "count": 2}


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    with EventReceiver() as running:
        yield running


@pytest.fixture
def services(receiver: EventReceiver, tmp_path: Path) -> str:
    """The file with the receiver, and with a service that is told of nothing."""
    file = tmp_path / "services.toml"
    silent = '[[service]]\nname = "silent"\naudience = "silent"\n'
    file.write_text(receiver.table() + silent)
    return str(file)


def test_a_test_says_what_the_receiver_answers(receiver: EventReceiver, services: str) -> None:
    told = typed("events", "test", "shop", SERVICES=services)
    assert (told.exit_code, told.output) == (0, "shop answered: HTTP 204 No Content\n")
    [received] = receiver.messages
    assert (received.type, received.data, receiver.violations) == ("test", {}, [])
    receiver.script.next(acts.http_500())
    told = typed("events", "test", "shop", SERVICES=services)
    assert (told.exit_code, told.output) == (1, "shop answered: HTTP 500 Internal Server Error\n")
    receiver.stop()
    told = typed("events", "test", "shop", SERVICES=services)
    assert told.exit_code == 1
    assert told.output.startswith("shop did not answer: ")


def test_without_the_file_it_says_where_services_are_named() -> None:
    told = typed("events", "test", "shop", SERVICES="")
    assert "none, as SERVICES names no service" in " ".join(told.output.split())


@pytest.mark.parametrize("name", ["silent", "nobody"])
def test_only_who_is_told_of_events_can_be_tested(services: str, name: str) -> None:
    told = typed("events", "test", name, SERVICES=services)
    assert told.exit_code == 2
    assert f"{name} is told of no events; there are: shop." in " ".join(told.output.split())
