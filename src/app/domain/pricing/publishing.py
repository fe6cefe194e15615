"""Publishing: a checked catalogue becomes the next version, in one transaction or not at all."""

from contextlib import suppress
from datetime import UTC, datetime

from app.domain.audit.events import record
from app.domain.errors import Conflict
from app.domain.ports import Connection, Database, NotUnique
from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.price_file import BELIEVABLE, read_price_file
from app.domain.pricing.reading import read_edition

FIRST = datetime(2026, 1, 1, tzinfo=UTC)

BEGIN = """
INSERT INTO catalogues (effective_from) VALUES (coalesce($1, clock_timestamp()))
RETURNING version, effective_from
"""
FEATURE = "INSERT INTO features (version, code, position, name) VALUES ($1, $2, $3, $4)"
PLAN = """
INSERT INTO plans (version, code, position, name, description, highlighted)
VALUES ($1, $2, $3, $4, $5, $6)
"""
INCLUDED = "INSERT INTO plan_features (version, plan, feature, amount) VALUES ($1, $2, $3, $4)"
PRICE = """
INSERT INTO prices (version, plan, interval, currency, position, amount_minor)
VALUES ($1, $2, $3, $4, $5, $6)
"""


class MomentTaken(Conflict):
    code = "moment_taken"
    message = "Other prices already begin at that very moment. Choose another one."


async def publish(
    database: Database, catalogue: Catalogue, at: datetime | None
) -> tuple[int, datetime]:
    """In effect from `at` on (None: now), until another one begins. Returns version and moment.

    Raises `MomentTaken`, `Unavailable`.
    """
    try:
        async with database.transaction() as connection:
            [begun] = await connection.fetch(BEGIN, at)
            version: int = begun["version"]
            await _write(connection, version, catalogue)
            await record(connection, "pricing:published", version=version)
            return version, begun["effective_from"]
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
        await connection.execute(FEATURE, version, feature.code, position, feature.name)
    for position, plan in enumerate(catalogue.plans):
        facts = (plan.name, plan.description, plan.highlighted)
        await connection.execute(PLAN, version, plan.code, position, *facts)
        for feature_code, amount in plan.features.items():
            await connection.execute(INCLUDED, version, plan.code, feature_code, amount)
        for interval, amounts in plan.prices.items():
            for place, currency in enumerate(catalogue.currencies):
                amount_minor = amounts[currency]
                row = (plan.code, interval.value, currency, place, amount_minor)
                await connection.execute(PRICE, version, *row)
