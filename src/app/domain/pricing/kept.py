"""A copy of the prices as it is kept outside of the database, and read back only when whole."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.domain.pricing.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Kept:
    """The catalogue in effect and those to follow, as they were in the database at `as_of`, when
    `newest` was the last version published.
    """

    newest: int
    as_of: datetime
    catalogues: tuple[Catalogue, ...]

    def at(self, now: datetime) -> Catalogue | None:
        """The one in effect then."""
        begun = [each for each in self.catalogues if each.effective_from <= now]
        return begun[-1] if begun else None


def packed(kept: Kept) -> bytes:
    return msgspec.json.encode(kept)


def unpacked(copy: bytes | None) -> Kept | None:
    """None for one that is cut off, of another time, or not whole."""
    try:
        kept = msgspec.json.decode(copy or b"", type=Kept)
    except msgspec.MsgspecError:
        return None
    whole = kept.as_of.tzinfo and kept.catalogues and all(map(_is_whole, kept.catalogues))
    return kept if whole else None


def _is_whole(catalogue: Catalogue) -> bool:
    """Every plan costs something in each currency, for the same intervals."""
    if not catalogue.plans or not catalogue.currencies or catalogue.effective_from.tzinfo is None:
        return False
    return all(
        set(plan.prices) == set(catalogue.intervals)
        and all(set(amounts) == set(catalogue.currencies) for amounts in plan.prices.values())
        for plan in catalogue.plans
    ) and bool(catalogue.intervals)
