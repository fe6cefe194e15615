"""The catalogue in effect and those that will follow it, read in one statement."""

from datetime import datetime
from typing import Any

import msgspec

from app.domain.ports import Connection
from app.domain.pricing.catalogue import Catalogue, Feature, Interval, Plan
from app.domain.pricing.kept import Edition, Kept

EDITION = """
SELECT count(*) AS versions, max(published_at) AS last,
  (SELECT version FROM catalogues WHERE effective_from <= clock_timestamp()
   ORDER BY effective_from DESC LIMIT 1) AS in_effect
FROM catalogues
"""

# From version $1 on. One JSON document, so that all of it is of one moment.
READ = """
WITH now_and_later AS (
  SELECT version, effective_from FROM catalogues
  WHERE effective_from >= coalesce(
    (SELECT effective_from FROM catalogues WHERE version = $1), '-infinity')
)
SELECT coalesce(json_agg(json_build_object(
  'version', c.version,
  'effective_from', to_char(c.effective_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'features', (SELECT coalesce(json_agg(json_build_object('code', f.code, 'name', f.name)
                                        ORDER BY f.position), '[]')
               FROM features f WHERE f.version = c.version),
  'plans', (SELECT json_agg(json_build_object(
      'code', p.code, 'name', p.name, 'description', p.description, 'highlighted', p.highlighted,
      'features', (SELECT coalesce(json_object_agg(pf.feature, pf.amount), '{}')
                   FROM plan_features pf WHERE pf.version = p.version AND pf.plan = p.code)
    ) ORDER BY p.position) FROM plans p WHERE p.version = c.version),
  'prices', (SELECT json_agg(json_build_array(a.plan, a.interval, a.currency, a.amount_minor)
                             ORDER BY a.interval, a.position)
             FROM prices a WHERE a.version = c.version)
) ORDER BY c.effective_from), '[]')::text FROM now_and_later c
"""


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
    [row] = await connection.fetch(EDITION)
    return Edition(row["versions"], row["last"], row["in_effect"] or 0)


async def read_prices(connection: Connection, now: datetime, known: Kept | None = None) -> Kept:
    """What is published never changes, so its edition says whether `known` is all there is."""
    edition = await read_edition(connection)
    if known and known.edition == edition:
        return Kept(edition, now, known.catalogues)
    return Kept(edition, now, await _catalogues(connection, edition.in_effect))


async def _catalogues(connection: Connection, first: int) -> tuple[Catalogue, ...]:
    document: Any = await connection.fetchval(READ, first)
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
