"""`latchkey pricing`: prices as a file, checked, compared and published."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from app.adapters.postgres import Postgres
from app.commands.asking import named
from app.commands.settings import is_given
from app.commands.stores import is_beside_dev, with_database
from app.domain.errors import Refusal, Unavailable
from app.domain.ports import Database
from app.domain.pricing.catalogue import Catalogue, changes
from app.domain.pricing.price_file import BadPriceFile, format_price_file, read_price_file
from app.domain.pricing.versions import PriceSnapshot, read_prices
from app.domain.pricing.versions import publish as publish_catalogue

T = TypeVar("T")
FILE = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group()
def pricing() -> None:
    """The prices: shown, checked and published as a file."""


@pricing.command()
def show() -> None:
    """Print the prices in effect as a file, and when others follow."""
    known = _asked(_published)
    current = known.at(known.as_of)
    if current:
        since = _moment(current.effective_from)
        click.echo(f"# Version {current.version}, in effect since {since}.")
    for catalogue in known.catalogues:
        if catalogue is not current:
            begins = _moment(catalogue.effective_from)
            click.echo(f"# Version {catalogue.version} begins {begins}.")
    if current is None:
        raise click.ClickException("No prices are in effect yet: latchkey pricing publish FILE.")
    click.echo(format_price_file(current), nl=False)


@pricing.command()
@FILE
def check(file: Path) -> None:
    """Say whether FILE can be published and, where there is a database, what it would change."""
    catalogue = _read(file, "This file cannot be published.")
    click.echo(f"{file} is fine: {len(catalogue.plans)} plans.")
    if not (is_given("DATABASE_URL") or is_beside_dev()):
        return
    try:
        known = _asked(_published)
    except click.ClickException as no:
        click.echo(f"What it would change could not be looked up: {no.message}", err=True)
    else:
        _print_changes(known, catalogue, None)


@pricing.command()
@FILE
@click.option(
    "--at", help="When it takes effect, e.g. 2027-01-01T00:00:00+00:00. Now, if left out."
)
@named
def publish(file: Path, at: str | None) -> None:
    """Make FILE the prices: checked first, then all of it or nothing."""
    catalogue, moment = _read(file, "Nothing was published."), _parsed(at)
    _print_changes(_asked(_published), catalogue, moment)
    version, begins = _asked(lambda database: publish_catalogue(database, catalogue, moment))
    click.echo(f"Published as version {version}, in effect from {_moment(begins)}.")


def _read(file: Path, otherwise: str) -> Catalogue:
    """`otherwise` is what is said first of a file with problems."""
    try:
        return read_price_file(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text.") from error
    except BadPriceFile as bad:
        problems = [f"{file}:{each.line}: {each.sentence}" for each in bad.problems]
        raise click.ClickException("\n".join([otherwise, *problems])) from bad


def _parsed(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at)
        passed = moment < datetime.now(UTC)
    except (ValueError, TypeError) as error:  # no moment, or one without a zone
        what = "Write a date, a time and a zone: 2027-01-01T00:00:00+00:00."
        raise click.BadParameter(what) from error
    if passed:
        raise click.BadParameter("That moment has passed. Leave --at out for now.")
    return moment


async def _published(database: Database) -> PriceSnapshot:
    async with database.connection() as connection:
        return await read_prices(connection, datetime.now(UTC))


def _print_changes(known: PriceSnapshot, catalogue: Catalogue, moment: datetime | None) -> None:
    """Against what would be in effect at that moment (None: now)."""
    lines = changes(known.at(moment or known.as_of), catalogue)
    click.echo("\n".join(lines) if lines else "Nothing changes.")


def _asked(ask: Callable[[Database], Awaitable[T]]) -> T:
    with with_database() as settings:
        try:
            return asyncio.run(_answered(Postgres.from_settings(settings), ask))
        except Unavailable:  # a refusal too, but told for all commands alike
            raise
        except Refusal as no:
            raise click.ClickException(str(no.message)) from no


async def _answered(database: Postgres, ask: Callable[[Database], Awaitable[T]]) -> T:
    await database.open()
    try:
        return await ask(database)
    finally:
        await database.close()


def _moment(moment: datetime) -> str:
    return f"{moment:%d %B %Y, %H:%M:%S UTC}".lstrip("0")
