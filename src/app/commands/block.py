"""`latchkey block`: numbers, networks and mail domains that are kept out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

from app.commands.arguments import read_seconds
from app.commands.asking import JSON, YES, ask_first, named
from app.commands.person import plain
from app.commands.stores import ask_database, with_database
from app.domain.blocks import (
    Blocked,
    Target,
    add_block,
    remove_block,
    show_blocks,
)
from app.domain.errors import Rejected
from app.domain.operations.words import describe_block, parse_target
from app.domain.support.messages import clock


@click.group()
def block() -> None:
    """Keep out a NUMBER, a block of numbers such as +4670174, a network or a mail domain."""


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments of what changes a block."""
    return click.argument("target")(YES(JSON(named(command))))


@block.command()
@click.option("--until", help="When it ends, such as 2026-12-24T12:00Z; otherwise never.")
@click.option("--for", "duration", help="How long: 90m, 24h or 7d.")
@click.option("--reason", required=True, help="For the record.")
@changing
def add(
    *, target: str, until: str | None, duration: str | None, reason: str, yes: bool, as_json: bool
) -> None:
    """Keep TARGET out. Sessions go on; an owner signs in by their other ways."""
    meant = _target(target)
    seconds = read_seconds(until, duration) if until or duration else None
    if not reason.strip():
        raise click.BadParameter("Say why.", param_hint="--reason")
    ends = datetime.now(UTC) + timedelta(seconds=seconds) if seconds else None
    what = describe_block(meant, ends)
    with with_database() as settings:
        ask_first(what, "Is that meant?", yes=yes)
        ask_database(settings, lambda database: add_block(database, meant, reason.strip(), seconds))
    result = plain(meant) | {"until": ends and ends.isoformat(), "reason": reason.strip()}
    click.echo(json.dumps(result) if as_json else what)


@block.command("list")
@JSON
@named
def list_(as_json: bool) -> None:
    """List what is kept out, the newest first."""
    with with_database() as settings:
        found = ask_database(settings, show_blocks)
    if as_json:
        click.echo(json.dumps([plain(each) for each in found]))
    else:
        click.echo("\n".join(map(_line, found)) or "Nobody is kept out.")


@block.command()
@changing
def remove(*, target: str, yes: bool, as_json: bool) -> None:
    """Let TARGET in again. Exit code 1 where it was not kept out."""
    meant = _target(target)
    with with_database() as settings:
        ask_first(f"This lets in again: {meant.kind} {meant.value}.", "Is that meant?", yes=yes)
        if not ask_database(settings, lambda database: remove_block(database, meant)):
            raise click.ClickException(f"Not blocked: {meant.kind} {meant.value}.")
    result = plain(meant) | {"removed": True}
    click.echo(json.dumps(result) if as_json else f"Let in again: {meant.kind} {meant.value}.")


def _target(given: str) -> Target:
    try:
        return parse_target(given)
    except Rejected as refusal:
        raise click.BadParameter(str(refusal.message), param_hint="TARGET") from refusal


def _line(each: Blocked) -> str:
    until = f"until {clock(each.until)}" if each.until else "until it is removed"
    added = f"by {each.added_by} at {clock(each.added_at)}: {each.reason}"
    return f"{each.kind} {each.value}: {until}, {added}"
