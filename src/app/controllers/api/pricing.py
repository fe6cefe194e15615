"""Prices in JSON."""

from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.domain.i18n import N_, _
from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.offers import Offer, PriceSelection, offers, parse_selection
from app.domain.pricing.prices import Current
from app.web.container import Container
from app.web.request_info import RequestInfo
from app.web.response import HttpResponse, cache_headers, make_etag, problem, respond_unless_known

JSON = (b"content-type", b"application/json")
HEADERS = [JSON, (b"vary", b"Accept-Language, Cookie"), *cache_headers(60, 600, 86400)]
UNCACHED = [JSON, (b"cache-control", b"no-store")]
UNKNOWN = {
    "period": N_("The period is month or year."),
    "currency": N_("There are no prices in that currency. There are in: %(offered)s."),
}


class PricingApiController(Controller):
    path = "/api/v1/pricing"
    include_in_schema = False

    @get()
    async def read_pricing(self, request: Request[Any, Any, Any]) -> HttpResponse:
        current = await Container.from_request(request).prices.get_soon()
        who = RequestInfo(request)
        query = who.query_params
        asked = parse_selection(
            current.catalogue,
            query.get("period", ""),
            query.get("currency", ""),
            who.languages,
        )
        for name in asked.unknown:
            offered = ", ".join(current.catalogue.currencies)
            detail = str(_(UNKNOWN[name], offered=offered))
            return problem(422, f"unknown_{name}", detail, field=name)
        body = _body(current, asked)
        if not current.catalogue.priced:
            return HttpResponse(200, msgspec.json.encode(body), [*UNCACHED])
        # The same prices, confirmed a second later, are the same to whoever has them.
        etag = b"W/" + make_etag(msgspec.json.encode(body | {"as_of": current.shown_as_of}))
        return respond_unless_known(
            dict(request.scope["headers"]),
            etag,
            HttpResponse(200, msgspec.json.encode(body), [*HEADERS]),
        )


def _body(current: Current, asked: PriceSelection) -> dict[str, Any]:
    catalogue = current.catalogue
    return {
        "version": catalogue.version,
        "effective_from": catalogue.effective_from if catalogue.priced else None,
        "as_of": current.as_of,
        "source": current.source,
        "currency": asked.currency or None,
        "period": asked.interval,
        "plans": [_plan(catalogue, offer, asked) for offer in offers(catalogue, asked.currency)],
    }


def _plan(catalogue: Catalogue, offer: Offer, asked: PriceSelection) -> dict[str, Any]:
    """`price` is null where it has to be asked for; an `amount` says how much of a feature."""
    plan, price = offer.plan, offer.prices.get(asked.interval)
    return {
        "code": plan.code,
        "name": plan.name,
        "description": plan.description,
        "highlighted": plan.highlighted,
        "price": price
        and {
            "amount_minor": price.amount_minor,
            "currency": price.currency,
            "interval": price.interval,
            "display": price.display,
        },
        "features": [
            {"code": each.code, "name": each.name, "amount": plan.features[each.code] or None}
            for each in catalogue.features
            if each.code in plan.features
        ],
    }
