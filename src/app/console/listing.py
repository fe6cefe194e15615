"""Lists: for how long back, how many on a page, and where the next page is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from advanced_alchemy.filters import LimitOffset
from litestar import Request

from app.web.request_info import RequestInfo

PAGE_SIZE = 50
LAST_PAGE = 1000  # nobody reads as far; whoever looks for something filters
# By the word in the address: how far back a list goes. More takes longer to count.
SPANS = {
    "hour": ("the last hour", timedelta(hours=1)),
    "day": ("the last 24 hours", timedelta(days=1)),
    "week": ("the last 7 days", timedelta(days=7)),
    "month": ("the last 30 days", timedelta(days=30)),
}
DEFAULT_SPAN = "day"


@dataclass(frozen=True, slots=True)
class Listing:
    """What the address of a list asks for. What cannot be read was not asked for."""

    path: str
    asked: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """What was chosen in the filter of that name; '' for nothing."""
        return self.asked.get(name, "").strip()

    @property
    def page(self) -> int:
        given = self["page"]
        number = int(given) if given.isascii() and given.isdigit() else 1
        return max(1, min(number, LAST_PAGE))

    @property
    def span(self) -> str:
        return self["since"] if self["since"] in SPANS else DEFAULT_SPAN

    @property
    def since(self) -> datetime:
        return datetime.now(UTC) - SPANS[self.span][1]

    @property
    def limit_offset(self) -> LimitOffset:
        return LimitOffset(PAGE_SIZE, PAGE_SIZE * (self.page - 1))

    def address(self, **changed: object) -> str:
        """Of the same list with something else asked for."""
        asked = {name: value for name, value in self.asked.items() if value} | changed
        return f"{self.path}?{urlencode(asked)}"

    def describe(self, total: int) -> dict[str, Any]:
        """For `_pages.html`. `total`: so many rows there are in all."""
        last = max(1, min(LAST_PAGE, -(-total // PAGE_SIZE)))
        first_row = PAGE_SIZE * (self.page - 1) + 1
        return {
            "total": total,
            "first": min(first_row, total),
            "last": min(first_row + PAGE_SIZE - 1, total),
            "page": self.page,
            "pages": last,
            "before": self.address(page=self.page - 1) if self.page > 1 else "",
            "after": self.address(page=self.page + 1) if self.page < last else "",
        }


async def read_listing(request: Request[Any, Any, Any]) -> Listing:
    """A dependency."""
    return Listing(request.scope["path"], RequestInfo(request.scope).query_params)
