"""`latchkey stats`: whether codes arrive, how fast, and what limits refuse."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from app.adapters.postgres import Postgres
from app.commands.asking import JSON, named
from app.commands.stores import with_database
from app.domain.audit import AuditEvent, record_operator
from app.domain.delivery.spending import MILLIONTHS
from app.domain.statistics import (
    FIRST_TRY_BAR,
    LONGEST,
    SECONDS_BAR,
    CodeFigures,
    DeliveryFigures,
    Percentiles,
    SignupCost,
    Statistics,
    gather_statistics,
)
from app.settings import Settings

PATIENCE = 30.0  # seconds; a page would be given two
CHANNELS = {"sms": "texts and calls", "email": "mails"}
STEPS: dict[str, str] = {
    AuditEvent.SIGNUP_CODE_SENT: "codes sent",
    AuditEvent.SIGNUP_PHONE_PROVED: "numbers proved, sign-ins by phone included",
    AuditEvent.SIGNUP_EMAIL_PROVED: "addresses proved",
    AuditEvent.SIGNUP_IDENTITY_PROVED: "proved by a provider",
    AuditEvent.SIGNUP_COMPLETED: "accounts made",
}


@click.command()
@click.option("--days", type=click.IntRange(1, LONGEST), default=7, show_default=True,
              help="Of so many days until now.")  # fmt: skip
@JSON
@named
def stats(days: int, as_json: bool) -> None:
    """Say whether codes arrive and are entered, how fast, and which limits refuse sends."""
    with with_database() as settings:
        figures = asyncio.run(_gathered(settings, days))
    click.echo(json.dumps(_plain(figures)) if as_json else "\n".join(_lines(figures)))


async def _gathered(settings: Settings, days: int) -> Statistics:
    database = Postgres.from_settings(settings, patience=PATIENCE)
    await database.open()
    try:
        figures = await gather_statistics(database, days)
        async with database.connection() as connection:
            await record_operator(connection, AuditEvent.STATS_READ, days=days)
        return figures
    finally:
        await database.close()


def _lines(figures: Statistics) -> Iterator[str]:
    yield f"Codes of the last {_days(figures.code_days)}:"
    for codes in figures.codes:
        yield from _code_lines(codes)
    yield f"Messages with codes of the last {_days(figures.days)}, in seconds since queued:"
    yield from (_delivery_line(each) for each in figures.deliveries)
    yield "Sends that limits refused, each contact once an hour:"
    for each in figures.refusals:
        yield f"  {each.limit}: {each.times}" + (
            f" ({each.refusal})" if each.refusal != each.limit else ""
        )
    yield "Sign-up:"
    yield from (f"  {STEPS[event]}: {times}" for event, times in figures.steps.items())
    if figures.cost:
        yield _cost_line(figures.cost)


def _code_lines(codes: CodeFigures) -> Iterator[str]:
    name = CHANNELS[codes.channel]
    yield f"  {name}: {codes.codes} codes, {codes.guessed} entered, {codes.proved} proved"
    if codes.first_try is not None:
        bar = _bar(codes.reaches_first_try_bar)
        yield f"    right at the first try: {codes.first_try:.1%}, {bar} of {FIRST_TRY_BAR:.0%}"
    if codes.mean is not None:
        bar = _bar(codes.reaches_seconds_bar)
        yield (
            f"    from code to proof: {_seconds(codes.until_proved)}, mean {codes.mean:.1f} s,"
            f" {bar} of {SECONDS_BAR:.0f} s"
        )


def _delivery_line(each: DeliveryFigures) -> str:
    where = " ".join(filter(None, (CHANNELS[each.channel], each.region)))
    if each.sender:
        where += f" by {each.sender}"
    return (
        f"  {where}: {each.messages} messages, {each.taken} taken ({_seconds(each.until_taken)}),"
        f" {each.arrived} arrived ({_seconds(each.until_arrived)})"
    )


def _cost_line(cost: SignupCost) -> str:
    line = f"  texts and calls for it: {cost.cost / MILLIONTHS:.2f} {cost.currency}"
    return line if cost.of_one is None else f"{line}, {cost.of_one:.4f} for each account made"


def _bar(reaches: bool | None) -> str:
    return "which reaches the bar" if reaches else "which misses the bar"


def _seconds(found: Percentiles | None) -> str:
    return f"p50 {found.p50:.1f} s, p95 {found.p95:.1f} s" if found else "no times"


def _days(days: int) -> str:
    return "day" if days == 1 else f"{days} days"


def _plain(figures: Statistics) -> dict[str, object]:
    plain_figures = asdict(figures)
    for plain, codes in zip(plain_figures["codes"], figures.codes, strict=True):
        plain["first_try"] = codes.first_try
        plain["reaches_first_try_bar"] = codes.reaches_first_try_bar
        plain["reaches_seconds_bar"] = codes.reaches_seconds_bar
    if figures.cost:
        plain_figures["cost"]["of_one"] = figures.cost.of_one
    return plain_figures | {"bars": {"first_try": FIRST_TRY_BAR, "seconds": SECONDS_BAR}}
