"""`latchkey sms`: what texts cost, where they are stopped, and an operator's word on that."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import click

from app.adapters.files import read_limits
from app.adapters.text_prices import read_text_budget
from app.commands.arguments import read_seconds
from app.commands.asking import JSON, YES, ask_first, named
from app.commands.settings import settings_or_exit
from app.commands.stores import (
    ask_database,
    default_to_development,
    is_beside_dev,
    with_database,
)
from app.domain.delivery.spending import Price, TextPrices, in_units
from app.domain.delivery.stops import ROOMS, override_stops
from app.domain.delivery.text_status import SIGNUP_DAYS, RegionStatus, TextStatus, find_text_status
from app.domain.errors import Rejected
from app.domain.limits import Budget, ConversionBreaker, Limit, LimitTable, Pressure
from app.domain.operations.words import describe_override, parse_place
from app.settings import BadSettings


@click.group()
def sms() -> None:
    """What texts cost, and where they go."""


@sms.command()
@JSON
def prices(as_json: bool) -> None:
    """Print the prices in force by these settings, and the budget of a day."""
    if is_beside_dev():
        default_to_development()
    try:
        budget = read_text_budget(settings_or_exit(needed=()))
    except BadSettings as bad:
        raise click.UsageError("\n".join(bad.problems)) from bad
    known, amount = budget.prices, in_units(budget.amount)
    if as_json:
        click.echo(json.dumps(_plain_prices(known) | {"budget": amount}))
        return
    click.echo(f"Prices in {known.currency} as of {known.as_of}: {known.source}.")
    for region, price in (*sorted(known.regions.items()), ("other", known.other)):
        click.echo(
            f"  {region}: a text {_exact(price.text)}, a minute of a call {_exact(price.call)}"
        )
    click.echo(f"Budget of a day (UTC): {amount} {known.currency}.")


@sms.command()
@JSON
def status(as_json: bool) -> None:
    """Say what was sent and proved in a day, what it cost, what is stopped and by which numbers."""
    with with_database() as settings:
        table = read_limits(settings)
        found = ask_database(settings, lambda database: find_text_status(database, table))
    if as_json:
        click.echo(json.dumps(asdict(found) | {"limits": dict(_limits(table))}, default=str))
    else:
        click.echo("\n".join((*_status_lines(found), *_limit_lines(table))))


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments of what overrides a breaker and pressure."""
    for option in (
        click.argument("place"),
        click.option("--until", help="When it ends, such as 2026-12-24T12:00Z."),
        click.option("--for", "duration", help="How long: 90m, 24h (the default) or 7d."),
        click.option("--reason", default="an operator", show_default=True, help="For the record."),
        click.option("--everybody", is_flag=True, help="Accounts and known devices, too."),
        YES,
        JSON,
    ):
        command = option(command)
    return named(command)


@sms.command()
@changing
def stop(**given: Any) -> None:
    """Send no texts to PLACE, a region such as SE or a block such as +4670174, to people that
    nobody knows.
    """
    _override(is_allowed=False, **given)


@sms.command()
@changing
def allow(**given: Any) -> None:
    """Send texts to PLACE, a region or a block, whatever breaker and pressure say. Budgets hold."""
    _override(is_allowed=True, **given)


def _override(
    *,
    is_allowed: bool,
    place: str,
    until: str | None,
    duration: str | None,
    reason: str,
    everybody: bool,
    yes: bool,
    as_json: bool,
) -> None:
    kind, key = _place(place)
    seconds = read_seconds(until, duration or ("" if until else "24h"))
    if reason.strip() in ("", "conversion"):
        raise click.BadParameter("Say why in words of your own.", param_hint="--reason")
    rooms = ROOMS if everybody else ROOMS[:-1]
    ends = datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds, UTC)
    what = describe_override(kind, key, ends, is_allowed=is_allowed, everybody=everybody)
    with with_database() as settings:
        ask_first(what, "Is that meant?", yes=yes)
        ask_database(settings, lambda database: override_stops(
            database, kind, key, rooms, seconds, reason.strip(), is_allowed=is_allowed
        ))  # fmt: skip
    result = {"kind": kind, "key": key, "verdict": "allow" if is_allowed else "stop",
              "until": ends.isoformat(), "reason": reason, "rooms": rooms}  # fmt: skip
    click.echo(json.dumps(result) if as_json else what)


def _place(place: str) -> tuple[str, str]:
    try:
        return parse_place(place)
    except Rejected as refusal:
        raise click.BadParameter(str(refusal.message), param_hint="PLACE") from refusal


# In words.


def _status_lines(found: TextStatus) -> Iterator[str]:
    currency = found.spent.currency if found.spent else ""
    yield f"Budget: {found.spent.words}" if found.spent else "Budget: none is in force yet"
    if found.cost_per_signup is not None:
        cost = f"{in_units(round(found.cost_per_signup))} {currency}"
        yield f"A number proved in a sign-up costs {cost} (last {SIGNUP_DAYS} days)."
    yield "Texts and calls of the last hour and day; pressure is that of strangers:"
    yield from (_region_line(each, currency) for each in found.regions)
    yield "Stopped or allowed:" if found.stops else "Nothing is stopped."
    for each in found.stops:
        what = f"{each.kind} {each.key} for {each.room}: {each.state}"
        yield f"  {what}, by {each.reason}, until {each.until:%Y-%m-%d %H:%M} UTC"


def _region_line(each: RegionStatus, currency: str) -> str:
    pressure = "calm" if each.wait is None else f"under pressure, {each.wait} s to wait"
    return (
        f"  {each.region}: {each.sent_hour} and {each.sent_day} sent,"
        f" {each.proved_hour} and {each.proved_day} proved ({each.percent_proved} % of the day),"
        f" cost {in_units(each.cost_hour)} and {in_units(each.cost_day)} {currency},"
        f" {pressure} ({each.unproved} of the hour not proved)"
    )


def _limits(table: LimitTable) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those that stop texts."""
    for each in fields(table):
        limit = getattr(table, each.name)
        is_of_texts = isinstance(limit, Budget | Pressure | ConversionBreaker)
        if is_of_texts or each.name.startswith("texts_"):
            yield each.name, asdict(limit)
    if table.raised_regions:
        yield "raised_regions", table.raised_regions


def _limit_lines(table: LimitTable) -> Iterator[str]:
    yield "In force (domain/limits.py, LIMITS_FILE):"
    for name, shown in _limits(table):
        limit = getattr(table, name)
        if isinstance(limit, Limit):
            numbers = ", ".join(f"{most} in {seconds} s" for seconds, most in limit.windows)
        elif isinstance(limit, Budget):
            numbers = f"{limit.hour} an hour, {limit.day} a day, or {limit.percent} % of the proved"
        else:
            numbers = ", ".join(
                f"{key} {value}" for key, value in shown.items()
                if key not in ("per", "says", "silent")
            )  # fmt: skip
        yield f"  {name}: {numbers}"


def _plain_prices(known: TextPrices) -> dict[str, object]:
    def plain(price: Price) -> dict[str, str]:
        return {"text": _exact(price.text), "call": _exact(price.call)}

    regions = {region: plain(price) for region, price in sorted(known.regions.items())}
    return {"source": known.source, "as_of": str(known.as_of), "currency": known.currency,
            "regions": regions, "other": plain(known.other)}  # fmt: skip


def _exact(amount: int) -> str:
    return f"{amount / 1_000_000:.4f}"
