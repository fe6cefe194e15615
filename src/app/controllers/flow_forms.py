"""What the flows in steps share: whom a posted form is about, the country of a number, and the
other ways in.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeVar

import phonenumbers
from babel import Locale

from app.domain.errors import Refusal, TooMany
from app.domain.i18n import current_language
from app.domain.identity.phone import CountryNeeded
from app.domain.limit_refusals import MailsStopped, TextsStopped, TooSoon
from app.domain.pricing.money import list_territories
from app.web.container import Container
from app.web.forms import FormCheck, StaleForm
from app.web.request_context import RequestContext

Flow = TypeVar("Flow")


async def load_for_form(
    context: RequestContext,
    check: FormCheck,
    load: Callable[[], Awaitable[Flow]],
    require_step: Callable[[Flow], None],
) -> Flow:
    """What a posted form is about. Raises as `RequestContext.check_form`; a form of a step that is
    over, left open in another tab, leads to the current one: `require_step` raises `OutOfStep`.
    """
    try:
        context.check_form(check)
    except StaleForm:
        require_step(await load())
        raise
    return await load()


def is_changing(context: RequestContext) -> bool:
    """Whether the person came back to an earlier step to correct it (`?change`)."""
    return context.info.query_string.partition(b"=")[0] == b"change"


# The country that a number is read in where it is written without the country's code.

SILENT = ("en", "en-us")  # browsers everywhere come with these, so they name no country
# Where letters with marks are ones of their own, at the end of the alphabet (CLDR collation).
LAST_LETTERS = {"sv": "åäö", "fi": "åäö", "da": "æøå", "nb": "æøå"}

# Code of two letters, name, calling code, digits before each space: 257 for 70 123 45 67.
Countries = tuple[tuple[str, str, int, str], ...]


def country_name(region: str) -> str:
    """In the current language."""
    return str(current_language.get().locale.territories.get(region, region))


def list_countries(regions: tuple[str, ...]) -> Countries:
    """By their names, in the order of the current language."""
    return _list_countries(regions, current_language.get().locale)


@lru_cache
def _list_countries(regions: tuple[str, ...], locale: Locale) -> Countries:
    named = ((region, str(locale.territories.get(region, region))) for region in regions)
    last = LAST_LETTERS.get(locale.language, "")
    ordered = sorted(named, key=lambda country: _sorting_key(country[1], last))
    return tuple(
        (region, name, phonenumbers.country_code_for_region(region), _cuts(region))
        for region, name in ordered
    )


def _cuts(region: str) -> str:
    """Of mobile numbers without a leading zero, by the library's example of one; "" where it has
    none.
    """
    kind, style = phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberFormat.INTERNATIONAL
    example = phonenumbers.example_number_for_type(region, kind)
    written = phonenumbers.format_number(example, style) if example else ""
    sizes = [len(digits) for digits in re.findall("[0-9]+", written)[1:-1]]
    return "".join(str(cut) for cut in accumulate(sizes))


def _sorting_key(name: str, last: str) -> list[tuple[int, str]]:
    """Marks do not count, but on the letters of `last`, which follow all others."""
    return [(last.find(char) + 1, unicodedata.normalize("NFKD", char)[0]) for char in name.lower()]


def find_country(container: Container, languages: str, chosen: str) -> str:
    """The one that was chosen, else where `languages` point to, those that the client prefers, else
    the default.
    """
    if chosen:
        return chosen
    for territory in list_territories(languages, SILENT):
        if territory in container.served_regions:
            return territory
    return container.default_region


def country_values(
    container: Container, context: RequestContext, chosen: str, refusal: Refusal | None
) -> dict[str, Any]:
    """What `_phone_field.html` shows of them. `candidates`: those that someone is asked about."""
    regions = refusal.regions if isinstance(refusal, CountryNeeded) else ()
    return {
        "countries": list_countries(container.served_regions),
        "country": find_country(container, context.info.languages, chosen),
        "candidates": list_countries(regions),
    }


# The other ways in, for a page whose own way is closed for now: their addresses, which
# `_ways.html` puts in words.

PHONE = "/login/phone"
PASSWORD = "/login/password"  # noqa: S105 - an address


def other_methods(
    container: Container, refusal: Refusal | None, *others: str, auth0_for: str
) -> list[str]:
    """`others`, and the provider with `auth0_for`, where that is not "". None of them where the
    refusal closes nothing, or only for seconds.
    """
    closed = isinstance(refusal, TooMany | TextsStopped | MailsStopped)
    if not closed or isinstance(refusal, TooSoon):
        return []
    return with_provider(container, *others, auth0_for=auth0_for)


def with_provider(container: Container, *others: str, auth0_for: str) -> list[str]:
    """`others`, and the provider where it works."""
    if not auth0_for or not container.has_auth0 or container.is_auth0_down:
        return [*others]
    return [*others, f"/auth0/start?for={auth0_for}"]
