"""Versions of the catalogue: published whole, read in one statement, copied for bad times."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from app.domain.audit import AuditEvent, record_operator
from app.domain.errors import Conflict
from app.domain.i18n import _
from app.domain.ports import Connection, Database, NotUnique
from app.domain.pricing.catalogue import Catalogue, Feature, Interval, Plan
from app.domain.pricing.money import MOST, amount_of, is_known
from app.domain.pricing.price_file import BELIEVABLE, read_price_file
from app.domain.sql import load_queries

sql = load_queries(__file__, "versions.sql")

AHEAD = timedelta(days=1)  # how far another one's clock may be before ours


@dataclass(frozen=True, slots=True)
class Edition:
    """What was published: how many versions, when the last one, and which of them is in effect by
    the database's clock (0: none).

    The number of the last version would tell less: of two published at the same moment the first
    may be committed last, and a database brought back from a copy counts on from there.
    """

    versions: int
    last: datetime | None
    in_effect: int


@dataclass(frozen=True, slots=True)
class PriceSnapshot:
    """The catalogue in effect and those to follow, as they were in the database at `as_of`."""

    edition: Edition
    as_of: datetime
    catalogues: tuple[Catalogue, ...]

    def at(self, now: datetime) -> Catalogue | None:
        """The one in effect then. What the database says has begun, has begun, also where our clock
        is behind.
        """
        started = [
            each
            for each in self.catalogues
            if each.effective_from <= now or each.version == self.edition.in_effect
        ]
        return started[-1] if started else None


def encode_snapshot(snapshot: PriceSnapshot) -> bytes:
    return msgspec.json.encode(snapshot)


def decode_snapshot(copy: bytes | None, now: datetime | None = None) -> PriceSnapshot | None:
    """None for one that is cut off, of another time, or not whole. `now` is by our clock."""
    try:
        snapshot = msgspec.json.decode(copy or b"", type=PriceSnapshot)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if snapshot.as_of.tzinfo is None or snapshot.as_of - (now or datetime.now(UTC)) > AHEAD:
        return None
    return snapshot if snapshot.catalogues and all(map(_is_whole, snapshot.catalogues)) else None


def _is_whole(catalogue: Catalogue) -> bool:
    """Every plan costs something in each currency, for the same intervals."""
    if not catalogue.plans or not catalogue.intervals or catalogue.effective_from.tzinfo is None:
        return False
    if not catalogue.currencies or not all(map(is_known, catalogue.currencies)):
        return False
    return all(
        set(plan.prices) == set(catalogue.intervals)
        and all(set(amounts) == set(catalogue.currencies) for amounts in plan.prices.values())
        and all(
            0 <= amount_of(amount, currency) <= MOST
            for amounts in plan.prices.values()
            for currency, amount in amounts.items()
        )
        for plan in catalogue.plans
    )


# The catalogue in effect and those that will follow it, read in one statement.


class _Plan(msgspec.Struct):
    code: str
    name: str
    description: str
    highlighted: bool
    features: dict[str, str]


class _Row(msgspec.Struct):
    version: int
    effective_from: datetime
    features: tuple[Feature, ...]
    plans: list[_Plan]
    prices: list[tuple[str, Interval, str, int]]


async def read_edition(connection: Connection) -> Edition:
    [row] = await connection.fetch(*sql.find_edition())
    return Edition(row["versions"], row["last"], row["in_effect"] or 0)


async def read_prices(
    connection: Connection, now: datetime, known: PriceSnapshot | None = None
) -> PriceSnapshot:
    """What is published never changes, so its edition says whether `known` is all there is."""
    edition = await read_edition(connection)
    if known and known.edition == edition:
        return PriceSnapshot(edition, now, known.catalogues)
    return PriceSnapshot(edition, now, await _catalogues(connection, edition.in_effect))


async def _catalogues(connection: Connection, first: int) -> tuple[Catalogue, ...]:
    document: Any = await connection.fetchval(*sql.read_catalogues(first=first))
    return tuple(_catalogue(row) for row in msgspec.json.decode(document, type=list[_Row]))


def _catalogue(row: _Row) -> Catalogue:
    prices: dict[str, dict[Interval, dict[str, int]]] = {}
    for plan, interval, currency, amount in row.prices:
        prices.setdefault(plan, {}).setdefault(interval, {})[currency] = amount
    return Catalogue(
        row.version,
        row.effective_from,
        tuple(dict.fromkeys(currency for _, _, currency, _ in row.prices)),
        row.features,
        tuple(
            Plan(p.code, p.name, p.description, p.highlighted, p.features, prices[p.code])
            for p in row.plans
        ),
    )


# Publishing: a checked catalogue becomes the next version, in one transaction or not at all.

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class MomentTaken(Conflict):
    code = "moment_taken"
    message = _("Other prices already start at that time. Choose another one.")


async def publish(
    database: Database, catalogue: Catalogue, at: datetime | None
) -> tuple[int, datetime]:
    """In effect from `at` on (None: now), until another one begins. Returns version and moment.

    Raises `MomentTaken`, `Unavailable`.
    """
    try:
        async with database.transaction() as connection:
            [started] = await connection.fetch(*sql.add_version(effective_from=at))
            version: int = started["version"]
            await _write(connection, version, catalogue)
            await record_operator(connection, AuditEvent.PRICING_PUBLISHED, version=version)
            return version, started["effective_from"]
    except NotUnique as error:
        raise MomentTaken from error


async def publish_first(database: Database) -> int:
    """Believable prices where there are none. How many versions were added: 1 or 0. Several at once
    add one, as the first prices begin at a moment that no others can have.
    """
    async with database.connection() as connection:
        if (await read_edition(connection)).versions:
            return 0
    catalogue = read_price_file(BELIEVABLE.read_text())
    with suppress(MomentTaken):
        await publish(database, catalogue, FIRST)
        return 1
    return 0


async def _write(connection: Connection, version: int, catalogue: Catalogue) -> None:
    for position, feature in enumerate(catalogue.features):
        await connection.execute(
            *sql.add_feature(
                version=version, code=feature.code, position=position, name=feature.name
            )
        )
    for position, plan in enumerate(catalogue.plans):
        await connection.execute(
            *sql.add_plan(
                version=version,
                code=plan.code,
                position=position,
                name=plan.name,
                description=plan.description,
                highlighted=plan.highlighted,
            )
        )
        for feature_code, amount in plan.features.items():
            await connection.execute(
                *sql.add_plan_feature(
                    version=version, plan=plan.code, feature=feature_code, amount=amount
                )
            )
        await _write_prices(connection, version, plan, catalogue.currencies)


async def _write_prices(
    connection: Connection, version: int, plan: Plan, currencies: tuple[str, ...]
) -> None:
    for interval, amounts in plan.prices.items():
        for position, currency in enumerate(currencies):
            await connection.execute(
                *sql.add_price(
                    version=version,
                    plan=plan.code,
                    interval=interval.value,
                    currency=currency,
                    position=position,
                    amount_minor=amounts[currency],
                )
            )
