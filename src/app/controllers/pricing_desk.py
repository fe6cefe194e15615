"""One request for the prices, with the pages it may be answered with."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from app.controllers.pricing_pages import prices_page
from app.domain.pricing.prices import Current
from app.domain.pricing.wanted import Wanted, wanted
from app.web.answer import Answer
from app.web.caching import cached, etag_of, unless_known
from app.web.page import HTML, PRODUCT, sheet_answer
from app.web.parts import Parts
from app.web.sheets import Sheet

VARY = (b"vary", b"HX-Request, Accept-Encoding, Accept-Language")
CACHED = [*(header for header in HTML if header[0] != b"vary"), VARY, *cached(60, 600, 86400)]
UNCACHED = [*HTML, (b"cache-control", b"no-store")]
MOST_KEPT = 256
PATIENCE = 2.5  # seconds a fragment waits for the first prices of a process

Made = tuple[Sheet, bytes]


class PricingDesk:
    # Pages made, for as long as the prices stay the same: of a version, currency, period and shell
    # there are few, and each is made once.
    _made: dict[tuple[object, ...], Made] = {}

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.parts = Parts.of(request)
        self.visit = self.parts.visit(request)
        self._headers = dict(request.scope["headers"])

    async def page(self) -> Answer:
        """With the prices in it; with their place kept while a process looks for its first."""
        current = await self.parts.prices.current()
        if current is None:
            return self._answer(self._sheet("pricing/waiting.html", {}), UNCACHED)
        return self._shown(current, "pricing/pricing.html")

    async def fragment(self) -> Answer:
        """The plans alone for htmx; opened directly, the page."""
        if not self.visit.is_fragment:
            return await self.page()
        current = await self.parts.prices.current(PATIENCE) or self.parts.prices.known()
        return self._shown(current, "pricing/_loaded.html")

    def _shown(self, current: Current, template: str) -> Answer:
        wanted = self._wanted(current)
        old = current.told_as_of
        key = (
            template,
            self.visit.is_fragment,
            current.catalogue.version,
            wanted,
            old and old.replace(second=0, microsecond=0),
        )
        made = self._made.get(key)
        if made is None or self.parts.pages.live:
            sheet = self._sheet(template, prices_page(current, wanted, PRODUCT))
            made = sheet, b"W/" + etag_of(sheet.plain(b""))
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            self._made[key] = made
        sheet, etag = made
        return unless_known(self._headers, etag, self._answer(sheet, CACHED))

    def _wanted(self, current: Current) -> Wanted:
        query = dict(parse_qsl(self.visit.query.decode("latin-1")))
        languages = self._headers.get(b"accept-language", b"").decode("latin-1")
        period, currency = query.get("period", ""), query.get("currency", "").upper()
        return wanted(current.catalogue, period, currency, languages)

    def _sheet(self, template: str, context: dict[str, Any]) -> Sheet:
        return self.parts.pages.sheet(self.visit, template, context)

    def _answer(self, sheet: Sheet, headers: list[tuple[bytes, bytes]]) -> Answer:
        return sheet_answer(self.visit.takes_gzip, sheet, b"", headers)
