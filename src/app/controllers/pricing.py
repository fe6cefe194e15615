"""Prices in HTML: public, cacheable, the same for everybody, and never without an answer."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, get
from markupsafe import Markup

from app.domain.i18n import N_, Text, _, current_language
from app.domain.moments import day
from app.domain.pricing.catalogue import (
    Catalogue,
    Interval,
    Offer,
    Price,
    PriceSelection,
    offers,
    parse_selection,
)
from app.domain.pricing.money import amount_of
from app.domain.pricing.prices import Current
from app.web.container import Container
from app.web.page import PERSONAL, PRIVATE, PUBLIC, ZIPPED, content_language
from app.web.request_context import find_person
from app.web.response import Headers, HttpResponse, cache_headers, make_etag, respond_unless_known

TemplateValues = dict[str, Any]

PERIODS: dict[Interval, Text] = {Interval.MONTH: _("Monthly"), Interval.YEAR: _("Yearly")}
# By the period that is shown instead.
UNKNOWN_PERIOD = {
    Interval.MONTH: _("We don’t offer that period. Here are the prices by the month."),
    Interval.YEAR: _("We don’t offer that period. Here are the prices by the year."),
}
UNKNOWN_CURRENCY = N_("We don’t have prices in that currency. Here they are in %(currency)s.")
CHOSEN = "chosen=yes"
# What a page without prices hands on to the one with them.
ASKABLE = {"period": r"[a-z]{1,10}", "currency": r"[A-Za-z]{3}", "chosen": "yes"}
DURATIONS = {Interval.MONTH: "P1M", Interval.YEAR: "P1Y"}  # ISO 8601


def prices_values(current: Current, selection: PriceSelection, product: str) -> TemplateValues:
    catalogue, old = current.catalogue, current.shown_as_of
    intervals = list(catalogue.intervals) if catalogue.priced else []
    offered = offers(catalogue, selection.currency)
    asked = {"currency": selection.currency} | ({"chosen": "yes"} if selection.chosen else {})
    return {
        "priced": catalogue.priced,
        "offers": [_shown(offer) for offer in offered],
        "features": catalogue.features,
        "interval": selection.interval.value,
        "currency": selection.currency,
        "chosen_query": urlencode(asked),
        "periods": _links(selection, PERIODS, intervals),
        "currencies": [(each.value, _currencies(each, selection, catalogue)) for each in intervals],
        "notes": [_note(what, selection) for what in selection.unknown],
        "as_of": find_age(old) if old else None,
        "json_ld": _json_ld(offered, selection, product) if catalogue.priced else None,
    }


def repeat_query(query: dict[str, str]) -> str:
    """What was asked for, from its `?` on; '' for nothing, or nothing that could be meant."""
    kept = {
        name: query[name]
        for name, letters in ASKABLE.items()
        if re.fullmatch(letters, query.get(name, ""))
    }
    return f"?{urlencode(kept)}" if kept else ""


def find_age(moment: datetime) -> tuple[str, str]:
    """For machines, and the day for people: the hour would be by a clock that is not theirs. A
    script tells it by their own.
    """
    return moment.isoformat(timespec="seconds"), day(moment, with_year=True)


def _note(unknown: str, selection: PriceSelection) -> Text:
    """What is said of something that was asked for and is not offered."""
    if unknown == "period":
        return UNKNOWN_PERIOD[selection.interval]
    return _(UNKNOWN_CURRENCY, currency=selection.currency)


def _shown(offer: Offer) -> TemplateValues:
    prices = [{"price": price, "query": _choice(offer, price)} for price in offer.prices.values()]
    return {"plan": offer.plan, "prices": prices, "query": f"plan={offer.plan.code}"}


def _choice(offer: Offer, price: Price) -> str:
    """Names the price as it is shown, so that another one is noticed later."""
    return urlencode(
        {
            "plan": offer.plan.code,
            "period": price.interval.value,
            "currency": price.currency,
            "price": price.amount_minor,
        }
    )


def _links(
    selection: PriceSelection, words: dict[Interval, Text], offered: list[Interval]
) -> list[tuple[str, Text, str, bool]]:
    return [
        (each.value, words[each], _query(each, selection.currency), each is selection.interval)
        for each in offered
    ]


def _currencies(
    interval: Interval, selection: PriceSelection, catalogue: Catalogue
) -> list[tuple[str, str, bool]]:
    """For the prices by that interval. These links alone say that a currency was chosen."""
    return [
        (each, f"{_query(interval, each)}&{CHOSEN}", each == selection.currency)
        for each in catalogue.currencies
    ]


def _query(interval: Interval, currency: str) -> str:
    return urlencode({"period": interval.value, "currency": currency})


def _json_ld(offered: list[Offer], selection: PriceSelection, product: str) -> Markup:
    """For search engines (schema.org): what is shown, in numbers."""
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product,
        "offers": [_offer_ld(each, each.prices[selection.interval]) for each in offered],
    }
    return Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704


def _offer_ld(offer: Offer, price: Price) -> TemplateValues:
    amount = str(amount_of(price.amount_minor, price.currency))
    cost = {"price": amount, "priceCurrency": price.currency}
    return {
        "@type": "Offer",
        "name": offer.plan.name,
        "description": offer.plan.description,
        **cost,
        "priceSpecification": {
            "@type": "UnitPriceSpecification",
            **cost,
            "billingDuration": DURATIONS[price.interval],
            "valueAddedTaxIncluded": False,
        },
    }


# One request for the prices, with the pages it may be answered with.

CACHED = [*PUBLIC, *cache_headers(60, 600, 86400)]
# The home page has more to show than prices.
HOME_UNPRICED = [*PUBLIC, (b"cache-control", b"public, max-age=60")]
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class RenderedPrices:
    """A page, plain and as gzip, with its entity tag; `of` is the catalogue it shows."""

    of: Catalogue | None
    plain: bytes
    zipped: bytes
    etag: bytes


class PricingHandler:
    # Pages made, for as long as the prices stay the same: of a currency, period and shell there are
    # few, and each is made once.
    _rendered: dict[tuple[object, ...], RenderedPrices] = {}

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.container = Container.from_request(request)
        self._context = self.container.get_context(request.scope)
        self._request_info = self._context.info
        self._product = self.container.pages.brand.name
        self._headers = dict(request.scope["headers"])

    async def show_home(self) -> HttpResponse:
        """The home page, as fast as the page of prices: it is made anew when they change."""
        current, template = await self.container.prices.get_current(), "home/home.html"
        if self._context.session.exist or self._context.remembered.notice:
            return await self._show_to_person(current, template)
        if current is None:
            return self._respond(self._make(template, self._no_prices), HOME_UNPRICED)
        return self._respond_with_prices(current, template, HOME_UNPRICED)

    async def show_page(self) -> HttpResponse:
        """With the prices in it; with their place kept while a process looks for its first."""
        current = await self.container.prices.get_current()
        template = "pricing/pricing.html" if current else "pricing/waiting.html"
        if self._context.session.exist:
            return await self._show_to_person(current, template)
        if current is None:
            return self._respond(self._make(template, self._no_prices), PRIVATE)
        return self._respond_with_prices(current, template)

    async def show_fragment(self) -> HttpResponse:
        """The plans alone for htmx; opened directly, the page."""
        if not self._request_info.is_fragment:
            return await self.show_page()
        return self._respond_with_prices(
            await self.container.prices.get_soon(), "pricing/_loaded.html"
        )

    async def _show_to_person(self, current: Current | None, template: str) -> HttpResponse:
        """With their account in the header, or what has just happened. Nothing else of whoever asks
        has a say in these pages.
        """
        await find_person(self._context, self.container.sessions, self.container.people)
        values = self._no_prices
        if current:
            values = prices_values(current, self._selection(current), self._product)
        return self.container.pages.render_page(self._context, template, values, caching=PERSONAL)

    def _respond_with_prices(
        self, current: Current, template: str, unpriced: Headers = PRIVATE
    ) -> HttpResponse:
        selection = self._selection(current)
        old = current.shown_as_of
        key = (
            current_language.get().code,
            template,
            self._request_info.is_fragment,
            selection,
            old and old.replace(second=0, microsecond=0),
        )
        made = self._rendered.get(key)
        if made is None or made.of is not current.catalogue or self.container.pages.is_live:
            values = prices_values(current, selection, self._product)
            made = self._make(template, values, current.catalogue)
            if len(self._rendered) >= MOST_KEPT:
                self._rendered.clear()
            self._rendered[key] = made
        if not current.catalogue.priced:
            return self._respond(made, unpriced)  # for as long as it lasts, and no longer
        return respond_unless_known(self._headers, made.etag, self._respond(made, CACHED))

    def _make(
        self, template: str, values: dict[str, Any], of: Catalogue | None = None
    ) -> RenderedPrices:
        prerendered = self.container.pages.prerender(self._request_info, template, values)
        plain = prerendered.render_plain(b"")
        return RenderedPrices(of, plain, prerendered.render_gzip(b""), b"W/" + make_etag(plain))

    @property
    def _no_prices(self) -> TemplateValues:
        return {"offers": None, "query": repeat_query(self._query)}

    @property
    def _query(self) -> dict[str, str]:
        return self._request_info.query_params if self._request_info.query_string else {}

    def _selection(self, current: Current) -> PriceSelection:
        query = self._query
        return parse_selection(
            current.catalogue,
            query.get("period", ""),
            query.get("currency", "").upper(),
            self._request_info.languages,
            chosen=query.get("chosen") == "yes",
        )

    def _respond(self, made: RenderedPrices, headers: Headers) -> HttpResponse:
        headers = [*headers, content_language()]
        if self._request_info.accepts_gzip:
            return HttpResponse(200, made.zipped, [*headers, ZIPPED])
        return HttpResponse(200, made.plain, headers)


class PricingController(Controller):
    path = "/pricing"
    include_in_schema = False

    @get()
    async def show_pricing(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return await PricingHandler(request).show_page()

    @get("/plans")
    async def show_plans(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return await PricingHandler(request).show_fragment()


class HomeController(Controller):
    path = "/"
    include_in_schema = False

    @get()
    async def show_home(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return await PricingHandler(request).show_home()
