"""DATABASE_URL: the same for every command, read whole or refused; an outage in one sentence."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from app.adapters.postgres import newest_revision
from app.cli import main
from tests.commands.running import latchkey, typed
from tests.faults.staged import ask
from tests.product import Product
from tests.stores import Stores

COMMANDS = ("migrate", "seed --yes", "cleanup", "keys rotate --yes", "pricing show")
# Each with a socket of the tests' PostgreSQL in place of {}.
HOSTED = (
    "postgresql://latchkey:p@ss/w?rd#1@{}/{}?sslmode=require&channel_binding=prefer"
    "&application_name=front%20door&connect_timeout=10&target_session_attrs=read-write"
    "&options=-c%20work_mem%3D8MB"
)


def hosted(stores: Stores, url: str) -> str:
    """A server that is not there, then ours, by the same URL as a host of PostgreSQL gives it."""
    sockets = str(stores.postgres.sockets).replace("/", "%2F")
    name = url.partition("?")[0].rpartition("/")[2]
    return HOSTED.format(f"127.0.0.1:1,{sockets}:5432", name)


def test_every_command_understands_what_a_host_of_postgresql_gives(
    stores: Stores, tmp_path: Path
) -> None:
    url = hosted(stores, stores.empty_database())
    for command in ("migrate", "seed --yes", "cleanup", "keys rotate --yes"):
        ended = latchkey(tmp_path, *command.split(), ENVIRONMENT="test", DATABASE_URL=url)
        assert (ended.returncode, ended.stderr) == (0, ""), command


def test_so_does_the_server(stores: Stores, another_product: Callable[..., Product]) -> None:
    product = another_product()
    assert product.stop() == 0
    plain = product.env["DATABASE_URL"]
    product.env["DATABASE_URL"] = hosted(stores, plain)
    product.start()
    rows = ask(
        plain, "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
    )
    assert "front door" in [row["application_name"] for row in rows]


@pytest.mark.parametrize("command", ["serve", *COMMANDS])
def test_what_is_not_understood_is_named_and_ends_with_2(command: str) -> None:
    url = "postgresql://latchkey:hunter2@db/main?sslmod=require"
    refused = typed(*command.split(), DATABASE_URL=url, REDIS_URL="mysql://x", PORT="0")
    assert refused.exit_code == 2
    assert "DATABASE_URL has a parameter that is not known: sslmod." in refused.stderr
    assert "REDIS_URL" in refused.stderr, "with all other problems"
    assert "PORT" in refused.stderr
    assert "hunter2" not in refused.output


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"postgresql://u:hunter2@127.0.0.1:{listening.getsockname()[1]}/d?connect_timeout=1"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_silent_database_is_told_in_one_sentence(silent: str, command: str) -> None:
    refused = typed(*command.split(), DATABASE_URL=silent)
    told = "Error: PostgreSQL at DATABASE_URL cannot be used: no answer in time.\n"
    assert (refused.exit_code, refused.stderr) == (1, told)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_database_is_told_in_one_sentence(stores: Stores, command: str) -> None:
    url = stores.postgres.url_of("no_such_thing")
    refused = typed(*command.split(), DATABASE_URL=url)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        'Error: PostgreSQL at DATABASE_URL cannot be used: database "no_such_thing" does not exist.'
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_right_is_told_in_one_sentence(stores: Stores, command: str) -> None:
    url = stores.empty_database() if command == "migrate" else stores.new_database()
    ask(url, "DROP ROLE IF EXISTS guest")
    ask(url, "CREATE ROLE guest LOGIN")
    refused = typed(*command.split(), DATABASE_URL=url.replace("latchkey@", "guest@"))
    [told] = refused.stderr.splitlines()
    assert refused.exit_code == 1
    assert told.startswith(
        "Error: PostgreSQL at DATABASE_URL cannot be used: permission denied for"
    )


@pytest.mark.parametrize("command", ["seed --yes", "keys rotate --yes", "cleanup"])
def test_a_database_without_tables_is_told_in_one_sentence(stores: Stores, command: str) -> None:
    refused = typed(*command.split(), DATABASE_URL=stores.empty_database())
    told = "Error: There are no tables yet: run latchkey migrate.\n"
    assert (refused.exit_code, refused.stderr) == (1, told)


def test_a_migrated_database_is_at_the_newest(stores: Stores) -> None:
    done = typed("migrate", DATABASE_URL=stores.new_database())
    assert (done.exit_code, done.stdout) == (0, f"The database is at {newest_revision()}.\n")


SERVERS = ("console", "dev", "serve")
# What arguments are called, and something that they take.
GIVEN = {
    "contact": "+46701740605", "person": "+46701740605", "message_id": "1" * 32, "kid": "a",
    "event_id": "1" * 32, "target": "+46701740605", "place": "SE", "region": "SE",
}  # fmt: skip


def all_commands(group: click.Group, *words: str) -> Iterator[list[str]]:
    """But for those that serve, each as it may be typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from all_commands(command, *words, name)
        elif command and name not in SERVERS:
            yield [*words, name, *(each for param in command.params for each in typed_for(param))]


def typed_for(param: click.Parameter) -> list[str]:
    if isinstance(param, click.Option):
        return ["--yes"] if param.name == "yes" else []
    if isinstance(param.type, click.Choice):
        return [str(param.type.choices[0])]
    return [GIVEN.get(param.name or "", "SE")] if param.required else []


@pytest.fixture(scope="module")
def wrong_password(stores: Stores) -> Iterator[str]:
    url = stores.new_database()
    ask(url, "CREATE ROLE locked LOGIN PASSWORD 'right'")
    hba = Path(ask(url, "SHOW hba_file")[0][0])
    before = hba.read_text()
    hba.write_text(f"local all locked scram-sha-256\n{before}")
    ask(url, "SELECT pg_reload_conf()")
    yield url.replace("latchkey@", "locked:wrong@")
    hba.write_text(before)
    ask(url, "SELECT pg_reload_conf()")


@pytest.mark.parametrize("words", [*all_commands(main)], ids=" ".join)
def test_no_command_answers_a_wrong_password_with_a_traceback(
    wrong_password: str, words: list[str]
) -> None:
    ended = typed(*words, DATABASE_URL=wrong_password)
    assert isinstance(ended.exception, SystemExit | None), ended.exception
    if words == ["doctor"]:  # it goes on, and says so in one of its lines
        assert 'password authentication failed for user "locked"' in ended.stdout
    elif ended.exit_code == 1:
        why = 'cannot be used: password authentication failed for user "locked".'
        assert ended.stderr == f"Error: PostgreSQL at DATABASE_URL {why}\n"
    else:  # it asks for something else, or no database
        assert "password" not in ended.output
