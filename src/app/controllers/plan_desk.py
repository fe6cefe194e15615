"""One request about the plan somebody chose: where it is kept, and the page to choose on."""

from contextlib import suppress
from typing import Any

from litestar import Request

from app.domain.errors import Conflict, Refusal, Rejected, Unavailable
from app.domain.pricing.choice import Choice, Standing, State, picked, standing
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
from app.web.parts import Parts


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
        self._request = request

    async def chosen(self, access: Access | None) -> Choice | None:
        """What this browser picked last, else what the account has."""
        choice = chosen_plan(self.visit)
        if choice is None and access:
            with suppress(Unavailable):
                return await self.parts.plan_choices.of(access.user_id)
        return choice

    async def page(self, refusal: Refusal | None = None) -> Answer:
        current = self.parts.prices.known()
        access = await signed_in_or_none(self.visit, self.parts.sessions)
        query = self.visit.asked
        named = named_plan(self.parts, query)
        choice = named or await self.chosen(access)
        headers = dict(self._request.scope["headers"])
        languages = headers.get(b"accept-language", b"").decode("latin-1")
        currency = query.get("currency", "") or (choice.currency if choice else "")
        asked = wanted(current.catalogue, "", currency or preferred_currency(self.visit), languages)
        if query.get("currency") == asked.currency != "":
            prefer_currency(self.visit, asked.currency)
        context = {
            "offers": offers(current.catalogue, asked.currency),
            "currency": asked.currency,
            "currencies": current.catalogue.currencies,
            "choice": str(choice) if choice else "",
            "standing": standing(choice, current) if choice else None,
            "unknown": bool(query.get("plan")) and named is None and current.catalogue.priced,
            "at_home": access is not None,
        }
        return self.parts.pages.page(self.visit, "plan/plan.html", context, refusal)

    async def choose(self, form: dict[str, str]) -> Answer:
        """Kept by the account, or by the browser until there is one."""
        choice = Choice.read(form.get("choice"))
        if choice is None:
            raise NoPlan(field="choice")
        now = standing(choice, self.parts.prices.known())
        if now.state in (State.CHANGED, State.GONE):
            raise PriceChanged(field="choice")
        access = await signed_in_or_none(self.visit, self.parts.sessions)
        if access is None:
            keep_plan(self.visit, choice)
            return see_other("/signup/phone", self.visit.cookies_to_set)
        await self.parts.plan_choices.keep(access.user_id, choice)
        drop_plan(self.visit)
        self.visit.notify("plan-chosen")
        return see_other("/account", self.visit.cookies_to_set)

    async def line(self) -> Answer:
        """What is somebody's own on the page of prices: the plan they chose, and a way to the
        currency they chose last. Nothing for who chose nothing.
        """
        choice = await self.chosen(await signed_in_or_none(self.visit, self.parts.sessions))
        other = self._other_currency()
        if choice is None and not other:
            return Answer(204, b"", [(b"cache-control", b"no-store"), *self.visit.cookies_to_set])
        context = {"plan": plan_line(self.parts, choice), "other": other}
        return self.parts.pages.fragment(self.visit, "plan/_chosen.html", context)

    def _other_currency(self) -> str:
        """The one chosen last, where the page shows another; one chosen there is remembered."""
        offered = self.parts.prices.known().catalogue.currencies
        shown, preferred = self.visit.asked.get("currency", ""), preferred_currency(self.visit)
        if self.visit.asked.get("chosen") and shown in offered:
            prefer_currency(self.visit, shown)
            return ""
        return preferred if preferred in offered and preferred != shown else ""


def named_plan(parts: Parts, given: dict[str, str]) -> Choice | None:
    """The plan that a link or form names, at the price it was shown with."""
    fields = (given.get(name, "") for name in ("plan", "period", "currency", "price"))
    return picked(parts.prices.known().catalogue, *fields)


def plan_line(parts: Parts, choice: Choice | None) -> Standing | None:
    return standing(choice, parts.prices.known()) if choice else None
