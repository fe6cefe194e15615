"""One request about the plan somebody chose: where it is kept, and the page to choose on."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from litestar import Request

from app.controllers.pricing_pages import spoken
from app.domain.errors import Conflict, Refusal, Rejected, Unavailable
from app.domain.pricing.choice import Choice, Standing, State, standing
from app.domain.pricing.choice import picked as picked_plan
from app.domain.pricing.offers import offers
from app.domain.pricing.wanted import wanted
from app.domain.sessions.access_tokens import Access
from app.web.answer import Answer, see_other
from app.web.auth import signed_in_or_none
from app.web.chosen_plan import (
    chosen_plan,
    drop_plan,
    keep_plan,
    prefer_currency,
    preferred_currency,
)
from app.web.kept import Kept
from app.web.parts import Parts

# Answers beside the plans: to have none, and to leave all as it is.
NONE, KEEP = "none", "keep"


class NoPlan(Rejected):
    code = "no_plan"
    message = "Choose one of the plans."


class PriceChanged(Conflict):
    code = "price_changed"
    message = "That price has changed since you saw it. Here is the one of today: choose again."


class PlanDesk:
    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.parts = Parts.of(request)
        self.visit = self.parts.visit(request)

    async def page(self, refusal: Refusal | None = None) -> Answer:
        """What is chosen, what was picked and waits for a yes, and everything there is."""
        current, query = self.parts.prices.known(), self.visit.asked
        named = named_plan(self.parts, self.visit, query)
        chosen, picked, at_home = await self._choices(named)
        best = picked or chosen
        currency = query.get("currency", "").upper() or (best.currency if best else "")
        asked = wanted(
            current.catalogue,
            "",
            currency or preferred_currency(self.visit),
            self.visit.languages,
        )
        if query.get("currency", "").upper() == asked.currency != "":
            prefer_currency(self.visit, asked.currency)
        old = current.told_as_of
        context = {
            "offers": offers(current.catalogue, asked.currency),
            "currency": asked.currency,
            "currencies": current.catalogue.currencies,
            "choice": _ticked(plan_line(self.parts, best)),
            "standing": plan_line(self.parts, chosen),
            "picked": plan_line(self.parts, picked),
            "unknown": bool(query.get("plan")) and named is None and current.catalogue.priced,
            "as_of": spoken(old) if old else "",
            "at_home": at_home,
        }
        return self.parts.pages.page(self.visit, "plan/plan.html", context, refusal)

    async def choose(self, form: dict[str, str]) -> Answer:
        """Kept by the account, or by the browser and the sign-up until there is one."""
        answer = form.get("answer", "")
        choice = None if answer else Choice.read(form.get("choice"))
        if choice is None and answer not in (NONE, KEEP):
            raise NoPlan(field="choice")
        if choice and plan_state(self.parts, choice) in (State.CHANGED, State.GONE):
            raise PriceChanged(field="choice")
        access = await signed_in_or_none(self.visit, self.parts.sessions)
        if access:
            return await self._chosen_for(access, choice, answer)
        if answer != KEEP:
            await self._chosen_here(choice)
        return see_other("/signup/phone", self.visit.cookies_to_set)

    async def line(self) -> Answer:
        """What is somebody's own on the page of prices: the plan they chose, and a way to the
        currency they chose last. Nothing for who chose nothing.
        """
        chosen, picked, _ = await self._choices(None)
        other = self._other_currency()
        if not (chosen or picked or other):
            return Answer(204, b"", [(b"cache-control", b"no-store"), *self.visit.cookies_to_set])
        context = {
            "plan": plan_line(self.parts, chosen),
            "picked": plan_line(self.parts, picked),
            "other": other,
        }
        return self.parts.pages.fragment(self.visit, "plan/_chosen.html", context)

    async def _choices(self, named: Choice | None) -> tuple[Choice | None, Choice | None, bool]:
        """What counts, what was only picked, and whether somebody is signed in. While the database
        is silent nobody is, and what the browser knows is shown.
        """
        cookie, access = chosen_plan(self.visit), None
        with suppress(Unavailable):
            access = await signed_in_or_none(self.visit, self.parts.sessions)
            if access:
                kept = await self.parts.plan_choices.of(access.user_id)
                picked = named or cookie
                return kept, picked if picked != kept else None, True
        return cookie, named if named != cookie else None, access is not None

    async def _chosen_for(self, access: Access, choice: Choice | None, answer: str) -> Answer:
        if choice:
            await self.parts.plan_choices.keep(access.user_id, choice)
            self.visit.notify("plan-chosen")
        elif answer == NONE:
            await self.parts.plan_choices.have_none(access.user_id)
            self.visit.notify("plan-given-up")
        drop_plan(self.visit)
        return see_other("/account", self.visit.cookies_to_set)

    async def _chosen_here(self, choice: Choice | None) -> None:
        if self.visit.has_begun:
            await self.parts.plan_choices.keep_in_flow(self.visit.flow_id, choice)
        if choice:
            keep_plan(self.visit, choice)
        else:
            drop_plan(self.visit)

    def _other_currency(self) -> str:
        """The one chosen last, where the page shows another; one chosen there is remembered."""
        offered = self.parts.prices.known().catalogue.currencies
        shown, preferred = self.visit.asked.get("currency", ""), preferred_currency(self.visit)
        if self.visit.asked.get("chosen") and shown in offered:
            prefer_currency(self.visit, shown)
            return ""
        return preferred if preferred in offered and preferred != shown else ""


def named_plan(parts: Parts, visit: Kept, given: dict[str, str]) -> Choice | None:
    """The plan that a link or form names, at the price it was shown with; in the currency that was
    chosen last, where it names none.
    """
    catalogue = parts.prices.known().catalogue
    preferred = preferred_currency(visit)
    currency = given.get("currency", "").upper()
    if not currency and preferred in catalogue.currencies:
        currency = preferred
    plan, period, price = (given.get(name, "") for name in ("plan", "period", "price"))
    return picked_plan(catalogue, plan, period, currency, price)


def plan_line(parts: Parts, choice: Choice | None) -> Standing | None:
    return standing(choice, parts.prices.known()) if choice else None


def _ticked(best: Standing | None) -> str:
    """At its price of today, where it has one: at no other can it be taken."""
    if best is None or best.price is None:
        return str(best.choice) if best else ""
    return str(replace(best.choice, amount_minor=best.price.amount_minor))


def plan_state(parts: Parts, choice: Choice) -> State:
    return standing(choice, parts.prices.known()).state
