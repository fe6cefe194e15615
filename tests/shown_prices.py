"""Prices as they are told: by the page, its JSON-LD and the API; and as they are kept."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any

import httpx

from app.domain.pricing.money import minor_units
from tests.crowd import sql
from tests.product import NO_TLS, Product

CACHED = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
PLANS = "/pricing/plans"
API = "/api/v1/pricing"
HTMX = {"hx-request": "true"}
FORMS = [("/pricing", {}), ("/pricing", HTMX), (PLANS, {}), (PLANS, HTMX)]
PLAN = re.compile(r'<li class="offer[^"]*">\s*<h3>([^<]*?)\s*<(.*?)\n</li>', re.DOTALL)
PRICE = re.compile(
    r'<div class="price (month|year)">\s*<p class="amount"><bdi>(.*?)</bdi>', re.DOTALL
)
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
DURATIONS = {"P1M": "month", "P1Y": "year"}
ROWS = """
SELECT plans.name, interval, currency, amount_minor FROM prices
JOIN plans ON plans.version = prices.version AND plans.code = prices.plan
WHERE prices.version = (SELECT version FROM catalogues WHERE effective_from <= now()
                        ORDER BY effective_from DESC LIMIT 1)
"""  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One answer about prices."""

    answer: httpx.Response

    @property
    def html(self) -> str:
        return self.answer.text

    @property
    def unescaped(self) -> str:
        return unescape(self.html)

    @property
    def visible(self) -> dict[tuple[str, str], str]:
        """What is shown, by name of the plan and interval."""
        return {
            (unescape(name), interval): unescape(shown)
            for name, rest in PLAN.findall(self.html)
            for interval, shown in PRICE.findall(rest)
        }

    @property
    def json_ld(self) -> dict[tuple[str, str, str], int]:
        """By name of the plan, interval and currency, in minor units."""
        found: dict[tuple[str, str, str], int] = {}
        for offer in json.loads(LD.findall(self.html)[0])["offers"]:
            each = offer["priceSpecification"]
            assert (each["price"], each["priceCurrency"]) == (
                offer["price"],
                offer["priceCurrency"],
            )
            key = (offer["name"], DURATIONS[each["billingDuration"]], each["priceCurrency"])
            found[key] = minor_units(Decimal(each["price"]), each["priceCurrency"])
        return found

    @property
    def api(self) -> dict[tuple[str, str, str], int]:
        return {
            (plan["name"], price["interval"], price["currency"]): price["amount_minor"]
            for plan in self.answer.json()["plans"]
            if (price := plan["price"])
        }

    @property
    def notes(self) -> list[str]:
        """The sentences above the plans, without what is marked up in them."""
        found = re.findall(r'<p class="callout">(.*?)</p>', self.html, re.DOTALL)
        return [unescape(re.sub(r"<[^>]+>", "", note)) for note in found]


def told(product: Product, path: str, **headers: str) -> Told:
    """Each time on a connection of its own, as strangers come."""
    return Told(httpx.get(product.url + path, headers=headers, timeout=20, verify=NO_TLS))


def every_form(product: Product, query: str = "") -> list[Told]:
    """Page, fragment and JSON."""
    return [
        told(product, "/pricing" + query),
        told(product, PLANS + query, **HTMX),
        told(product, API + query),
    ]


def in_the_table(product: Product) -> dict[tuple[str, str, str], int]:
    rows: list[Any] = sql(product, ROWS)
    return {(name, interval, currency): amount for name, interval, currency, amount in rows}
