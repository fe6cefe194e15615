"""One request for the prices, with the pages it may be answered with."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from app.controllers.pricing_pages import asked_again, prices_page
from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.prices import Current
from app.domain.pricing.wanted import Wanted, wanted
from app.web.answer import Answer, Headers
from app.web.asked import Asked
from app.web.caching import cached, etag_of, unless_known
from app.web.page import HTML, PRODUCT, TYPE, ZIPPED
from app.web.parts import Parts

VARY = (b"vary", b"HX-Request, HX-Request-Type, Accept-Encoding, Accept-Language")
CACHED = [TYPE, VARY, *cached(60, 600, 86400)]
UNCACHED = [*HTML, (b"cache-control", b"no-store")]
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Made:
    """A page, plain and as gzip, with its entity tag; `of` is the catalogue it shows."""

    of: Catalogue | None
    plain: bytes
    zipped: bytes
    etag: bytes


class PricingDesk:
    # Pages made, for as long as the prices stay the same: of a currency, period and shell there are
    # few, and each is made once.
    _made: dict[tuple[object, ...], Made] = {}

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.parts = Parts.of(request)
        # Nothing of whoever asks, not even their cookies, has a say in what is public.
        self._who = Asked(request, ())
        self._headers = dict(request.scope["headers"])

    async def page(self) -> Answer:
        """With the prices in it; with their place kept while a process looks for its first."""
        current = await self.parts.prices.current()
        if current is None:
            context = {"query": asked_again(self._query)}
            return self._answer(self._make("pricing/waiting.html", context), UNCACHED)
        return self._shown(current, "pricing/pricing.html")

    async def fragment(self) -> Answer:
        """The plans alone for htmx; opened directly, the page."""
        if not self._who.is_fragment:
            return await self.page()
        return self._shown(await self.parts.prices.soon(), "pricing/_loaded.html")

    def _shown(self, current: Current, template: str) -> Answer:
        wanted = self._wanted(current)
        old = current.told_as_of
        key = (
            template,
            self._who.is_fragment,
            wanted,
            old and old.replace(second=0, microsecond=0),
        )
        made = self._made.get(key)
        if made is None or made.of is not current.catalogue or self.parts.pages.live:
            context = prices_page(current, wanted, PRODUCT)
            made = self._make(template, context, current.catalogue)
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            self._made[key] = made
        if not current.catalogue.priced:
            return self._answer(made, UNCACHED)  # for as long as it lasts, and no longer
        return unless_known(self._headers, made.etag, self._answer(made, CACHED))

    def _make(self, template: str, context: dict[str, Any], of: Catalogue | None = None) -> Made:
        sheet = self.parts.pages.sheet(self._who, template, context)
        plain = sheet.plain(b"")
        return Made(of, plain, sheet.zipped(b""), b"W/" + etag_of(plain))

    @property
    def _query(self) -> dict[str, str]:
        return self._who.asked if self._who.query else {}

    def _wanted(self, current: Current) -> Wanted:
        query = self._query
        return wanted(
            current.catalogue,
            query.get("period", ""),
            query.get("currency", "").upper(),
            self._who.languages,
            chosen=query.get("chosen") == "yes",
        )

    def _answer(self, made: Made, headers: Headers) -> Answer:
        if self._who.takes_gzip:
            return Answer(200, made.zipped, [*headers, ZIPPED])
        return Answer(200, made.plain, [*headers])
