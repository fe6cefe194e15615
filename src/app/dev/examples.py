"""The table of examples: each template in each state it can be in, with what it is given there.

The gallery shows it and tests walk it. It is made anew each time, in the current language and from
the parts that pages are made from: refusals, words of codes, prices.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.controllers.api.docs import read_reference
from app.controllers.plan import PriceChanged
from app.controllers.pricing import find_age, prices_values
from app.controllers.problems import list_problems
from app.controllers.signup.pages import progress
from app.dev.account_examples import account, changes, confirmations
from app.dev.code_examples import HOST, OTHER_WAYS, Values, code_entry, code_states
from app.dev.flow_examples import (
    ADDRESS,
    LONG_ADDRESS,
    NUMBER,
    PROVIDER_DOWN,
    Example,
    now,
    number_entry,
    provider,
    recovery,
    sign_in,
    sign_up,
    states,
)
from app.dev.message_examples import messages
from app.domain.checks import Status
from app.domain.health import Area, AreaState
from app.domain.identity.phone import LandlinePhone
from app.domain.languages import Languages
from app.domain.operators import WrongOpsToken
from app.domain.pricing.catalogue import Catalogue, Feature, Interval, Plan, offers, parse_selection
from app.domain.pricing.choice import Choice, assess_choice
from app.domain.pricing.prices import Current, Source
from app.domain.signup.signup import Signup, Step
from app.domain.verification.codes import PHONE
from app.web.errors import HOME
from app.web.errors import WORDS as ERRORS
from app.web.page import NOTICES


def list_examples() -> list[Example]:
    """All of them, in the order in which they are looked at."""
    plan = {"plan": chosen_plan()}
    return [
        *shells(),
        *home_and_prices(),
        *sign_up(plan),
        *sign_in(plan),
        *recovery(),
        *provider(),
        *account(plan, standings()),
        *changes(),
        *confirmations(),
        *plans(),
        *for_operators(),
        *of_services(),
        *for_programmers(),
        *fragments(),
        *messages(),
    ]


def shells() -> Iterator[Example]:
    for shell in ("document", "fragment"):
        yield from states(
            f"_shell/{shell}.html",
            {},
            signed_in={"signed_in_as": ADDRESS},
            signed_in_with_a_long_address={"signed_in_as": LONG_ADDRESS},
            with_a_notice={"notice": NOTICES["existing"]},
        )
    yield from states("_shell/_account_menu.html", {"signed_in_as": ADDRESS})
    yield from states("_shell/_mark.html", {"logo_size": None})
    languages = Languages(("en", "de", "sv"))
    yield from states("_shell/_languages.html", {"languages": languages})
    title, sentence = ERRORS[503]
    yield from states(
        "_shell/last_resort.html",
        {"title": title, "sentence": sentence, "may_pass": True, "reference": "9f1c2ab34d5e6f70"},
        final={"title": ERRORS[400][0], "sentence": ERRORS[400][1], "may_pass": False},
    )
    for status, (title, sentence) in ERRORS.items():
        values = {"title": title, "message": sentence, "reference": "9f1c2ab34d5e6f70", "cause": ""}
        yield Example("error.html", str(status), values | {"next": [HOME]})


# Prices.


def catalogue() -> Catalogue:
    features = (Feature("seats", "People"), Feature("export", "Export to spreadsheets"))
    long = "Everything for a large organization with offices in several countries, and then some."
    plans = (
        _plan("free", "Small", "For one person.", {"seats": "1"}, 0),
        _plan("team", "Team", "For up to ten people.", {"seats": "10", "export": ""}, 900),
        _plan("large", "International organization", long, {"seats": "1,000,000"}, 123_456_700),
    )
    since = now() - timedelta(days=30)
    return Catalogue(1, since, ("USD", "EUR", "JPY"), features, plans)


def _plan(code: str, name: str, description: str, features: dict[str, str], amount: int) -> Plan:
    by_currency = {"USD": amount, "EUR": amount, "JPY": amount}
    yearly = {currency: 10 * each for currency, each in by_currency.items()}
    prices = {Interval.MONTH: by_currency, Interval.YEAR: yearly}
    return Plan(code, name, description, code == "team", features, prices)


def prices(*, old: bool = False, priced: bool = True) -> Current:
    shown = catalogue()
    if not priced:
        unpriced = tuple(replace(plan, prices={}) for plan in shown.plans)
        shown = replace(shown, version=0, currencies=(), plans=unpriced)
    as_of = now() - timedelta(days=3 if old else 0)
    return Current(shown, Source.DATABASE, as_of if priced else None, now())


def chosen_plan(code: str = "team", amount: int = 900, current: Current | None = None) -> Any:
    return assess_choice(Choice(code, Interval.MONTH, "USD", amount), current or prices())


def standings() -> dict[str, Values]:
    """How a plan may stand that was chosen."""
    return {
        "price_changed": {"plan": chosen_plan(amount=800)},
        "gone": {"plan": chosen_plan("gone")},
        "unsure": {"plan": chosen_plan(current=prices(old=True))},
        "long": {"plan": chosen_plan("large", 123_456_700)},
    }


def home_and_prices() -> Iterator[Example]:
    shown = _priced(prices())
    differing: dict[str, Values] = {
        "by_the_year": _priced(prices(), period="year", currency="JPY"),
        "in_another_currency": _priced(prices(), period="week", currency="XYZ"),
        "old_prices": _priced(prices(old=True)),
        "without_prices": _priced(prices(priced=False)),
    }
    waiting = {"offers": None, "query": "?period=year"}
    signed_in = {"signed_in_as": ADDRESS}
    yield from states("home/home.html", shown, loading=waiting, signed_in=signed_in, **differing)
    yield from states("home/_key.svg", {})
    base = {"base_url": f"https://{HOST}"}
    yield from states("pricing/pricing.html", shown | base, **differing)
    yield from states("pricing/waiting.html", {"query": "", **base})
    yield from states("pricing/_plans.html", shown, **differing)
    yield from states("pricing/_loaded.html", shown, **differing)
    yield from states("pricing/_compare.html", shown)
    yield from states("pricing/_skeleton.html", {"query": ""})


def _priced(current: Current, period: str = "", currency: str = "USD") -> dict[str, Any]:
    selection = parse_selection(current.catalogue, period, currency, "")
    return prices_values(current, selection, "Latchkey")


def plans() -> Iterator[Example]:
    current, plan = prices(), chosen_plan()
    page: dict[str, Any] = {
        "offers": offers(current.catalogue, "USD"),
        "currency": "USD",
        "currencies": current.catalogue.currencies,
    }
    page |= {"choice": "", "standing": None, "picked": None, "unknown": False, "as_of": None}
    yield from states(
        "plan/plan.html",
        {**page, "at_home": False},
        chosen={"standing": plan, "choice": str(plan.choice), "at_home": True},
        picked={"picked": plan, "choice": str(plan.choice), "at_home": True},
        none_ticked={"refusal": PriceChanged(field="choice")},
        unknown={"unknown": True},
        old_prices={"as_of": find_age(now() - timedelta(days=3))},
        without_prices={"offers": [], "currency": "", "currencies": ()},
        **{state: {"standing": given["plan"]} for state, given in standings().items()},
    )
    yield from states("plan/_standing.html", {"plan": plan, "here": False}, **standings())
    as_picked = {state: {"picked": given["plan"]} for state, given in standings().items()}
    waits = {"picked": plan, "plan": None, "here": False}
    yield from states("plan/_picked.html", waits, **as_picked)
    own = {"plan": plan, "picked": None, "other": "EUR"}
    yield from states("plan/_chosen.html", own, picked={"picked": plan, "plan": None})
    price = offers(current.catalogue, "USD")[1].prices[Interval.YEAR]
    yield from states(
        "plan/_price.html", {"macro": "price_of", "given": [price.display, price.interval]}
    )


# What is the same on many pages, and what operators see.


def for_operators() -> Iterator[Example]:
    """Whether the service works, in their words and in those of people."""
    since = now() - timedelta(hours=3)
    for status in Status:
        # The worst comes first for operators, the account for people.
        areas = [
            AreaState(area, status if area in (Area.ACCOUNT, Area.TEXTS) else Status.PASS, since)
            for area in Area
        ]
        values = {"status": status, "areas": areas, "checked_at": now()}
        yield Example("status/status.html", status, values)
        checks = [
            {
                "name": name,
                "status": each,
                "word": each,
                "note": "12 of 20 in use",
                "remedy": "Look at the log.",
            }
            for name, each in (("postgres", status), ("redis", Status.PASS))
        ]
        health = {"status": status, "checks": checks, "checked_at": now()}
        server = [("Version", "0.1.0, schema 202612010400"), ("Hash queue", "0")]
        known = {"has_details": True, "asks_for_token": False, "server": server}
        yield Example("health/health.html", status, health | known)
        asked = {
            "has_details": False,
            "asks_for_token": True,
            "server": [],
            "refusal": WrongOpsToken(),
        }
        yield Example("health/health.html", f"{status} asks for a token", health | asked)


def of_services() -> Iterator[Example]:
    back = {"url": "https://shop.example.org/cart", "host": "shop.example.org"}
    yield from states("services/return.html", back)


def for_programmers() -> Iterator[Example]:
    """What the API is, and what it refuses."""
    reference, problems = read_reference(), list_problems()
    yield from states("api/docs.html", {"reference": reference})
    yield from states("api/_call.html", {"call": reference.groups[0].calls[0]})
    rows = reference.objects[0].rows
    yield from states("api/_fields.html", {"macro": "fields", "given": [rows, "needed"]})
    yield from states("problems/problems.html", {"problems": problems})
    longest = max(problems, key=lambda one: len(str(one.happened)))
    yield from states("problems/problem.html", {"problem": problems[0]}, long={"problem": longest})


def fragments() -> Iterator[Example]:
    """Parts of many pages, each by itself."""
    beside: Values = {"beside": False}  # a refusal is shown above the form, and not at its field
    from_text = code_entry(PHONE, "/signup/phone-code", NUMBER)
    here = from_text["here"]
    for wait, is_best in ((24, False), (0, False), (0, True)):
        call: Values = {"here": here, "call_seconds": wait, "is_best": is_best}
        yield Example("_call.html", f"{'best' if is_best else 'beside'}_in_{wait}", call)
    yield from states("_code.html", {**from_text, **beside}, **code_states(PHONE))
    yield from states("_code_page.html", from_text)
    entry: Values = {"typed": LONG_ADDRESS, "suggestion": None, **beside}
    yield from states("_email_field.html", entry)
    yield from states("_error_summary.html", {"refusal": LandlinePhone(), "anchor": "phone"})
    yield from states("_field.html", {"refusal": LandlinePhone(), "beside": True})
    for icon in ("phone", "mail", "computer", "person", "provider", "language"):
        yield Example("_icon.html", icon, {"icon": icon})
    chosen = {"username": ADDRESS, "min_length": 8, "label": "Password", **beside}
    yield from states("_new_password.html", chosen)
    yield from states("_no_mail.html", {"title": "Didn’t get an e-mail?", "first": ""})
    hinted = {"hint": "At least 8 characters."}
    yield from states("_password_field.html", beside, with_a_hint=hinted)
    yield from states("_phone_field.html", {**number_entry(), **beside})
    at = Signup(b"")
    for step in (Step.PHONE, Step.PHONE_CODE, Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD):
        yield Example("_progress.html", step, progress(at, step))
    way = {"purpose": "signup", "auth0_ready": True, "auth0_down": False, "used": True}
    yield from states("_provider.html", way, provider_down=PROVIDER_DOWN)
    typo = {"here": "/signup/email", "suggestion": ADDRESS, "typed": LONG_ADDRESS}
    yield from states("_suggestion.html", typo)
    for name, hours in (("soon", 0.01), ("in hours", 5), ("in months", 2000), ("past", -30)):
        given = now() + timedelta(hours=hours)
        yield Example("_time.html", name, {"macro": "time", "given": [given]})
    yield from states("_ways.html", {"ways": OTHER_WAYS})
    for complete in ("_not_received.html", "_read_anywhere.html"):
        yield Example(complete, "normal", {})
