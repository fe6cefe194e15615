"""A copy of the prices as it is kept outside of the database, and read back only when whole."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.money import MOST, amount_of, is_known

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
class Kept:
    """The catalogue in effect and those to follow, as they were in the database at `as_of`."""

    edition: Edition
    as_of: datetime
    catalogues: tuple[Catalogue, ...]

    def at(self, now: datetime) -> Catalogue | None:
        """The one in effect then. What the database says has begun, has begun, also where our clock
        is behind.
        """
        begun = [
            each
            for each in self.catalogues
            if each.effective_from <= now or each.version == self.edition.in_effect
        ]
        return begun[-1] if begun else None


def packed(kept: Kept) -> bytes:
    return msgspec.json.encode(kept)


def unpacked(copy: bytes | None, now: datetime | None = None) -> Kept | None:
    """None for one that is cut off, of another time, or not whole. `now` is by our clock."""
    try:
        kept = msgspec.json.decode(copy or b"", type=Kept)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if kept.as_of.tzinfo is None or kept.as_of - (now or datetime.now(UTC)) > AHEAD:
        return None
    return kept if kept.catalogues and all(map(_is_whole, kept.catalogues)) else None


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
