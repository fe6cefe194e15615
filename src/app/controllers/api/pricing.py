"""Prices in JSON."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from app.controllers.api.answers import Amount, Currency, Period, PlanCode
from app.domain.errors import Rejected, Unavailable
from app.domain.i18n import _
from app.domain.pricing.catalogue import Catalogue, Offer, PriceSelection, offers, parse_selection
from app.domain.pricing.prices import Current
from app.web.container import Container
from app.web.request_info import RequestInfo
from app.web.response import HttpResponse, cache_headers, make_etag, respond_unless_known

JSON = (b"content-type", b"application/json")
HEADERS = [JSON, (b"vary", b"Accept-Language, Cookie"), *cache_headers(60, 600, 86400)]
PeriodQuery = Annotated[str, QueryParameter(description="`month` or `year`; left out: `month`.")]
CurrencyQuery = Annotated[
    str, QueryParameter(description="ISO 4217; left out: by `Accept-Language`.")
]
UNCACHED = [JSON, (b"cache-control", b"no-store")]


class Price(Struct, frozen=True):
    """What a plan costs for a period."""

    amount_minor: Amount
    currency: Currency
    interval: Period
    display: Annotated[str, Meta(description="For people.", examples=["$9.00"])]


class PlanFeature(Struct, frozen=True):
    """Something that a plan includes."""

    code: Annotated[str, Meta(description="Names the feature. It stays.", examples=["seats"])]
    name: Annotated[str, Meta(description="For people.", examples=["People"])]
    amount: Annotated[
        str | None, Meta(description="How much of it, if that counts.", examples=["10"])
    ]


class OfferedPlan(Struct, frozen=True):
    """A plan as it is offered now."""

    code: PlanCode
    name: Annotated[str, Meta(description="For people.", examples=["Team"])]
    description: Annotated[str, Meta(description="A sentence.", examples=["For up to ten people."])]
    highlighted: Annotated[bool, Meta(description="Whether most people should take it.")]
    price: Annotated[Price | None, Meta(description="Null where it has to be asked for.")]
    features: Annotated[list[PlanFeature], Meta(description="What it includes.")]


class PriceList(Struct, frozen=True):
    """All plans at their prices of now."""

    version: Annotated[
        int, Meta(description="Which list of prices it is; 0 for none.", examples=[3])
    ]
    effective_from: Annotated[
        datetime | None,
        Meta(
            description="Since when the prices hold; null without prices.",
            examples=["2026-11-01T00:00:00Z"],
        ),
    ]
    as_of: Annotated[
        datetime | None,
        Meta(
            description="When the prices were last confirmed; null without prices.",
            examples=["2026-11-30T09:30:00Z"],
        ),
    ]
    source: Annotated[str, Meta(description="Where this copy is from.", examples=["database"])]
    currency: Annotated[
        str | None, Meta(description="ISO 4217; null without prices.", examples=["USD"])
    ]
    period: Period
    plans: Annotated[list[OfferedPlan], Meta(description="In the order they are shown in.")]


class UnknownPeriod(Rejected):
    code = "unknown_period"
    field = "period"
    message = _("The period is month or year.")


class UnknownCurrency(Rejected):
    code = "unknown_currency"
    field = "currency"

    def __init__(self, offered: tuple[str, ...]) -> None:
        listed = ", ".join(offered)
        super().__init__(
            _("There are no prices in that currency. There are in: %(offered)s.", offered=listed)
        )


class PricingApiController(Controller):
    path = "/api/v1/pricing"
    tags = ("Prices",)

    @get(
        summary="Read the prices",
        responses={
            200: ResponseSpec(PriceList, generate_examples=False, description="The prices.")
        },
        refusals=(UnknownPeriod, UnknownCurrency, Unavailable),
    )
    async def read_pricing(
        self,
        request: Request[Any, Any, Any],
        period: PeriodQuery = "",
        currency: CurrencyQuery = "",
    ) -> HttpResponse:
        """For everybody. Caches may keep it for a minute; it has an entity tag."""
        current = await Container.from_request(request).prices.get_soon()
        who = RequestInfo(request.scope)
        asked = parse_selection(
            current.catalogue,
            period,
            currency,
            who.languages,
        )
        if "period" in asked.unknown:
            raise UnknownPeriod
        if "currency" in asked.unknown:
            raise UnknownCurrency(current.catalogue.currencies)
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
