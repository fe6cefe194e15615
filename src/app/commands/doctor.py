"""`latchkey doctor`: what is wrong here, a line each with what to do about it."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from itertools import chain

import click

from app.adapters.files import read_limits
from app.adapters.http_client import new_http_client
from app.commands.asking import JSON
from app.commands.checks import database, environment, memory
from app.commands.checks.line import Line, Look, look_within
from app.commands.checks.vendors import AWAY, check_traces, list_vendors
from app.commands.stores import default_to_development, is_beside_dev, own_stores
from app.commands.version import describe_version
from app.domain.checks import Status
from app.settings import BadSettings, Settings, inspect_settings

FAILED = 1


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check settings, stores, keys, vendors and limits. Nothing is changed and nobody is sent
    anything. The exit code is 1 when anything fails.
    """
    beside_dev = is_beside_dev()
    if beside_dev:
        default_to_development()
    with own_stores() if beside_dev else nullcontext():
        settings, problems = inspect_settings(os.environ)
        lines = asyncio.run(_look(settings, problems))
    limits = _list_limits(settings)
    status = _worst(lines)
    if as_json:
        click.echo(_as_json(status, lines, limits))
    else:
        click.echo("\n".join(_as_text(status, lines, limits)))
    if status is Status.FAIL:
        sys.exit(FAILED)


async def _look(settings: Settings, problems: Sequence[str]) -> list[Line]:
    """All at once, told in the order in which it is mended."""
    async with new_http_client(proxy=settings.https_proxy, no_proxy=settings.no_proxy) as client:
        asked = [
            _at_once("settings", partial(environment.check_settings, settings, problems)),
            _at_once("names", partial(environment.check_names, os.environ)),
            _look_at_database(settings),
            _look_at_pooler(settings),
            _look_at_memory(settings),
            *(look_within(name, fix, look) for name, fix, look in list_vendors(settings, client)),
            look_within("traces", AWAY, partial(check_traces, settings)),
            _at_once("ops-token", partial(environment.check_operators, settings)),
            _at_once("client-address", partial(environment.check_client_address, settings)),
            _at_once("limits", partial(environment.check_limits, settings)),
        ]
        return [*chain.from_iterable(await asyncio.gather(*asked))]


async def _at_once(name: str, check: Callable[[], list[Line]]) -> list[Line]:
    async def look() -> list[Line]:
        return check()

    return await look_within(name, "See what latchkey serve says.", look)


async def _look_at_database(settings: Settings) -> list[Line]:
    look = partial(database.check_database, settings)
    if not settings.database_url:
        look = partial(_missing, "database", "DATABASE_URL")
    lines = await look_within("database", database.AWAY, look)
    return lines if len(lines) > 1 else [*lines, *database.without_database()]


async def _look_at_pooler(settings: Settings) -> list[Line]:
    if not settings.database_url:
        return [Line("database-pooler", Status.WARN, "not looked at: it waits for PostgreSQL")]
    look: Look = partial(database.check_pooler, settings)
    return await look_within("database-pooler", database.AWAY, look)


async def _look_at_memory(settings: Settings) -> list[Line]:
    look = partial(memory.check_memory, settings)
    if not settings.redis_url:
        look = partial(_missing, "redis", "REDIS_URL")
    lines = await look_within("redis", memory.AWAY, look)
    return lines if len(lines) > 1 else [*lines, *memory.without_memory()]


async def _missing(name: str, setting: str) -> list[Line]:
    return [Line(name, Status.FAIL, f"{setting} is missing", "Set it: see docs/configure.md.")]


def _worst(lines: Sequence[Line]) -> Status:
    found = {line.status for line in lines}
    return next((each for each in (Status.FAIL, Status.WARN) if each in found), Status.PASS)


def _list_limits(settings: Settings) -> list[tuple[str, str, str]]:
    """None of a file that cannot be read, which a line says."""
    try:
        return [*environment.list_limits(read_limits(settings))]
    except BadSettings:
        return []


def _as_text(
    status: Status, lines: Sequence[Line], limits: Sequence[tuple[str, str, str]]
) -> Iterator[str]:
    for line in lines:
        fix = f" -> {line.fix}" if line.fix else ""
        yield f"{line.status:4}  {line.name}: {line.words.rstrip('.')}.{fix}"
    if limits:
        yield "Limits in force:"
    for name, numbers, usual in limits:
        yield f"  {name}: {numbers}" + (f" (usually {usual})" if usual else "")
    failed = sum(line.status is Status.FAIL for line in lines)
    warned = sum(line.status is Status.WARN for line in lines)
    yield f"{describe_version(as_json=False)}: {status}, {failed} failed, {warned} warn."


def _as_json(status: Status, lines: Sequence[Line], limits: Sequence[tuple[str, str, str]]) -> str:
    body = json.loads(describe_version(as_json=True))
    body |= {"status": status, "checks": [asdict(line) for line in lines]}
    body["limits"] = {
        name: {"now": numbers, "usual": usual or numbers} for name, numbers, usual in limits
    }
    return json.dumps(body)
