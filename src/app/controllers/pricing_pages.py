"""What the pages of prices show: the words and numbers their templates ask for."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from app.domain.pricing.catalogue import Catalogue, Interval
from app.domain.pricing.money import amount_of
from app.domain.pricing.offers import Offer, Price, offers
from app.domain.pricing.prices import Current
from app.domain.pricing.wanted import Wanted

Context = dict[str, Any]

PERIODS = {Interval.MONTH: "Monthly", Interval.YEAR: "Yearly"}
UNKNOWN = {
    "period": "We do not offer that period. Here are the prices by the {interval}.",
    "currency": "We do not have prices in that currency. Here they are in {currency}.",
}
CHOSEN = "chosen=yes"
# What a page without prices hands on to the one with them.
ASKABLE = {"period": r"[a-z]{1,10}", "currency": r"[A-Za-z]{3}", "chosen": "yes"}
DURATIONS = {Interval.MONTH: "P1M", Interval.YEAR: "P1Y"}  # ISO 8601


def prices_page(current: Current, wanted: Wanted, product: str) -> Context:
    catalogue, old = current.catalogue, current.told_as_of
    intervals = list(catalogue.intervals) if catalogue.priced else []
    offered = offers(catalogue, wanted.currency)
    return {
        "priced": catalogue.priced,
        "offers": [_shown(offer) for offer in offered],
        "features": catalogue.features,
        "interval": wanted.interval.value,
        "currency": wanted.currency,
        "chosen_query": urlencode(
            {"currency": wanted.currency} | ({"chosen": "yes"} if wanted.chosen else {})
        ),
        "periods": _links(wanted, PERIODS, intervals),
        "currencies": [(each.value, _currencies(each, wanted, catalogue)) for each in intervals],
        "notes": [
            UNKNOWN[what].format(interval=wanted.interval, currency=wanted.currency)
            for what in wanted.unknown
        ],
        "as_of": (old.isoformat(timespec="seconds"), spoken(old)) if old else None,
        "json_ld": _json_ld(offered, wanted, product) if catalogue.priced else None,
    }


def asked_again(query: dict[str, str]) -> str:
    """What was asked for, from its `?` on; '' for nothing, or nothing that could be meant."""
    kept = {
        name: query[name]
        for name, letters in ASKABLE.items()
        if re.fullmatch(letters, query.get(name, ""))
    }
    return f"?{urlencode(kept)}" if kept else ""


def spoken(moment: datetime) -> str:
    """21 November 2026, 14:05 UTC."""
    return f"{moment:%d %B %Y, %H:%M UTC}".lstrip("0")


def _shown(offer: Offer) -> Context:
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
    wanted: Wanted, words: dict[Interval, str], offered: list[Interval]
) -> list[tuple[str, str, str, bool]]:
    return [
        (each.value, words[each], _query(each, wanted.currency), each is wanted.interval)
        for each in offered
    ]


def _currencies(
    interval: Interval, wanted: Wanted, catalogue: Catalogue
) -> list[tuple[str, str, bool]]:
    """For the prices by that interval. These links alone say that a currency was chosen."""
    return [
        (each, f"{_query(interval, each)}&{CHOSEN}", each == wanted.currency)
        for each in catalogue.currencies
    ]


def _query(interval: Interval, currency: str) -> str:
    return urlencode({"period": interval.value, "currency": currency})


def _json_ld(offered: list[Offer], wanted: Wanted, product: str) -> Markup:
    """For search engines (schema.org): what is shown, in numbers."""
    told = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product,
        "offers": [_offer_ld(each, each.prices[wanted.interval]) for each in offered],
    }
    return Markup(json.dumps(told, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704


def _offer_ld(offer: Offer, price: Price) -> Context:
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
