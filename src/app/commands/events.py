"""`latchkey events`: what services were told of people, and telling them again."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import click
from uuid_utils.compat import uuid7

from app.adapters.http_client import new_http_client
from app.adapters.postgres import Postgres
from app.adapters.webhooks import HttpWebhooks
from app.commands.arguments import read_moment
from app.commands.asking import JSON, YES, ask_first, named
from app.commands.settings import settings_or_exit
from app.commands.stores import default_to_development, is_beside_dev, with_database
from app.domain.events.events import (
    Answer,
    Event,
    ListedEvent,
    list_events,
    post_event,
    replay_events,
)
from app.domain.ports import Database
from app.domain.services import Service
from app.settings import Settings

FAILED = 1
STATES = ("waiting", "delivered", "failed")

T = TypeVar("T")


@click.group()
def events() -> None:
    """What services were told of people."""


@events.command("list")
@click.option("--service", help="Only those of this service.")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True,
              help="How many at most, the newest first.")  # fmt: skip
@JSON
@named
def list_(service: str | None, state: str | None, most: int, as_json: bool) -> None:
    """List events, the newest first."""
    found = _asked(lambda database: list_events(database, service, state, most))
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found]))
        return
    for each in found:
        at = f"{each.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        answer = f", {each.answer}" if each.answer else ""
        tries = f"{each.tries} {'try' if each.tries == 1 else 'tries'}"
        click.echo(f"{at} {each.id} {each.service} {each.type}: {each.state}, {tries}{answer}")
    if not found:
        click.echo("There are no such events.")


@events.command()
@click.argument("event_id", type=click.UUID, required=False)
@click.option("--since", help="All since then, such as 2026-11-30T12:00Z.")
@click.option("--service", help="Only to this service.")
@YES
@JSON
@named
def replay(
    event_id: UUID | None, since: str | None, service: str | None, yes: bool, as_json: bool
) -> None:
    """Send one event again, or all --since a time, under the ids they had."""
    if (event_id is None) == (since is None):
        raise click.UsageError("Say which: EVENT_ID or --since.")
    at = read_moment(since, "--since") if since else None
    which = (
        f"all events since {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        if at
        else f"the event {event_id}"
    )
    what = f"This sends {which} again, to {service or 'every service that was told'}."
    ask_first(what, "Send again?", yes=yes)
    count = _asked(lambda database: replay_events(database, event_id, at, service))
    text = f"Events to be sent again: {count}."
    click.echo(json.dumps({"again": count}) if as_json else text)
    if not count:
        sys.exit(FAILED)


@events.command()
@click.argument("service")
def test(service: str) -> None:
    """Send SERVICE an event of the type `test` now, and say what it answers."""
    if is_beside_dev():
        default_to_development()
    settings = settings_or_exit(needed=())
    receivers = {each.name: each for each in settings.services if each.events_url}
    if service not in receivers:
        known = ", ".join(receivers) or "none, as SERVICES names no service with an events_url"
        raise click.BadParameter(
            f"{service} is told of no events; there are: {known}.", param_hint="SERVICE"
        )
    answer = asyncio.run(_tested(settings, receivers[service]))
    verb = "answered" if answer.status else "did not answer"
    click.echo(f"{service} {verb}: {answer.words}")
    if not answer.is_taken:
        sys.exit(FAILED)


async def _tested(settings: Settings, service: Service) -> Answer:
    client = new_http_client(proxy=settings.https_proxy, no_proxy=settings.no_proxy)
    async with client:
        event = Event(uuid7(), "test", None, datetime.now(UTC), {}, None)
        return await post_event(HttpWebhooks(client), service, event)


def _asked(ask: Callable[[Database], Awaitable[T]]) -> T:
    with with_database() as settings:
        return asyncio.run(_ask(Postgres.from_settings(settings), ask))


async def _ask(database: Postgres, ask: Callable[[Database], Awaitable[T]]) -> T:
    await database.open()
    try:
        return await ask(database)
    finally:
        await database.close()


def _plain(event: ListedEvent) -> dict[str, object]:
    return {
        "id": str(event.id),
        "service": event.service,
        "type": event.type,
        "user": str(event.user_id) if event.user_id else None,
        "state": event.state,
        "tries": event.tries,
        "answer": event.answer,
        "timestamp": event.created_at.astimezone(UTC).isoformat(),
    }
