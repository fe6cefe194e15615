"""Prices in JSON."""

from typing import Any

import msgspec
from litestar import Controller, Request, get

from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.offers import Offer, offers
from app.domain.pricing.prices import Current
from app.domain.pricing.wanted import Wanted, wanted
from app.web.answer import Answer
from app.web.asked import Asked
from app.web.caching import cached, etag_of, unless_known
from app.web.parts import Parts
from app.web.problems import problem

JSON = (b"content-type", b"application/json")
HEADERS = [JSON, (b"vary", b"Accept-Language"), *cached(60, 600, 86400)]
UNCACHED = [JSON, (b"cache-control", b"no-store")]
UNKNOWN = {
    "period": "The period is month or year.",
    "currency": "There are no prices in that currency. There are in: {offered}.",
}


class PricingApiController(Controller):
    path = "/api/v1/pricing"
    include_in_schema = False

    @get()
    async def read_pricing(self, request: Request[Any, Any, Any]) -> Answer:
        current = await Parts.of(request).prices.soon()
        who = Asked(request, ())
        query = who.asked
        asked = wanted(
            current.catalogue,
            query.get("period", ""),
            query.get("currency", ""),
            who.languages,
        )
        for name in asked.unknown:
            offered = ", ".join(current.catalogue.currencies)
            return problem(422, f"unknown_{name}", UNKNOWN[name].format(offered=offered), name)
        told = _told(current, asked)
        if not current.catalogue.priced:
            return Answer(200, msgspec.json.encode(told), [*UNCACHED])
        # The same prices, confirmed a second later, are the same to whoever has them.
        etag = b"W/" + etag_of(msgspec.json.encode(told | {"as_of": current.told_as_of}))
        return unless_known(
            dict(request.scope["headers"]), etag, Answer(200, msgspec.json.encode(told), [*HEADERS])
        )


def _told(current: Current, asked: Wanted) -> dict[str, Any]:
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


def _plan(catalogue: Catalogue, offer: Offer, asked: Wanted) -> dict[str, Any]:
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
