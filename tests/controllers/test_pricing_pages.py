"""What the pages of prices are given: numbers for search engines that no name can break out of."""

import json
from datetime import UTC, datetime

from app.controllers.pricing import find_age, prices_values
from app.domain.pricing.catalogue import Interval, PriceSelection
from app.domain.pricing.prices import Current, Source
from tests.price_files import catalogue

NOW = datetime(2026, 11, 1, 4, 5, tzinfo=UTC)
NAME = "</script><b>&amp;\u2028<!--"


def test_no_name_ends_the_script_it_stands_in() -> None:
    known = catalogue(('"Small"', json.dumps(NAME)), ('"For a few."', '"]]><!--"'))
    context = prices_values(
        Current(known, Source.DATABASE, NOW, NOW), PriceSelection(Interval.YEAR, "JPY"), "Latchkey"
    )
    assert "<" not in context["json_ld"]
    offer = json.loads(context["json_ld"])["offers"][0]
    assert (offer["name"], offer["price"], offer["priceCurrency"]) == (NAME, "14000", "JPY")
    assert offer["priceSpecification"]["billingDuration"] == "P1Y"


def test_the_age_of_prices_is_told_by_nobodys_clock() -> None:
    assert find_age(NOW) == ("2026-11-01T04:05:00+00:00", "1 November 2026")
