"""The plan someone chose: shown, kept and changed, before there is an account and after."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from litestar import Controller, Request, get, post

from app.controllers.pricing import find_age
from app.domain.errors import Conflict, Refusal, Rejected, Unavailable
from app.domain.i18n import _
from app.domain.pricing.catalogue import offers, parse_selection
from app.domain.pricing.choice import Choice, ChoiceStatus, State, assess_choice
from app.domain.pricing.choice import read_choice as picked_plan
from app.domain.sessions.tokens import Access
from app.web.container import Container
from app.web.errors import errors_shown_on
from app.web.forms import read_form
from app.web.request_context import check_both_tokens, find_session
from app.web.response import NO_STORE, HttpResponse, redirect_to

# One request about the plan someone chose: where it is kept, and the page to choose on.

# Answers beside the plans: to have none, and to leave all as it is.
NONE, KEEP = "none", "keep"


class NoPlan(Rejected):
    code = "no_plan"
    message = _("Choose one of the plans.")


class PriceChanged(Conflict):
    code = "price_changed"
    message = _("That price has changed since you saw it. Here’s today’s price: choose again.")


class PlanHandler:
    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.container = Container.from_request(request)
        self.context = self.container.get_context(request.scope)

    async def show_page(self, refusal: Refusal | None = None) -> HttpResponse:
        """What is chosen, what was picked and waits for a yes, and everything there is."""
        current, query = self.container.prices.get_known(), self.context.info.query_params
        named = find_named_plan(self.container, self.context.remembered.currency, query)
        chosen, picked, at_home = await self._find_choices(named)
        best = picked or chosen
        currency = query.get("currency", "").upper() or (best.currency if best else "")
        asked = parse_selection(
            current.catalogue,
            "",
            currency or self.context.remembered.currency,
            self.context.info.languages,
        )
        if query.get("currency", "").upper() == asked.currency != "":
            self.context.remembered.remember_currency(asked.currency)
        old = current.shown_as_of
        values = {
            "offers": offers(current.catalogue, asked.currency),
            "currency": asked.currency,
            "currencies": current.catalogue.currencies,
            "choice": _ticked(find_plan_status(self.container, best)),
            "standing": find_plan_status(self.container, chosen),
            "picked": find_plan_status(self.container, picked),
            "unknown": bool(query.get("plan")) and named is None and current.catalogue.priced,
            "as_of": find_age(old) if old else None,
            "at_home": at_home,
        }
        return self.container.pages.render_page(self.context, "plan/plan.html", values, refusal)

    async def choose_plan(self, form: dict[str, str]) -> HttpResponse:
        """Kept by the account, or by the browser and the sign-up until there is one."""
        answer = form.get("answer", "")
        choice = None if answer else Choice.read(form.get("choice"))
        if choice is None and answer not in (NONE, KEEP):
            raise NoPlan(field="choice")
        if choice and find_plan_state(self.container, choice) in (State.CHANGED, State.GONE):
            raise PriceChanged(field="choice")
        access = await find_session(self.context, self.container.sessions)
        if access:
            await check_both_tokens(self.context, self.container.sessions, access)
            return await self._save_for_account(access, choice, answer)
        if answer != KEEP:
            await self._save_in_browser(choice)
        return redirect_to("/signup/phone", self.context.cookies.to_set)

    async def render_line(self) -> HttpResponse:
        """What is someone's own on the page of prices: the plan they chose, and a way to the
        currency they chose last. Nothing for who chose nothing.
        """
        chosen, picked, _ = await self._find_choices(None)
        other = self._other_currency()
        if not (chosen or picked or other):
            return HttpResponse(204, b"", [NO_STORE, *self.context.cookies.to_set])
        values = {
            "plan": find_plan_status(self.container, chosen),
            "picked": find_plan_status(self.container, picked),
            "other": other,
        }
        return self.container.pages.render_fragment(self.context, "plan/_chosen.html", values)

    async def _find_choices(
        self, named: Choice | None
    ) -> tuple[Choice | None, Choice | None, bool]:
        """What counts, what was only picked, and whether someone is signed in. While the database
        is silent nobody is, and what the browser knows is shown.
        """
        cookie, access = self.context.remembered.plan, None
        with suppress(Unavailable):
            access = await find_session(self.context, self.container.sessions)
            if access:
                kept = await self.container.plan_choices.find_choice(access.user_id)
                picked = named or cookie
                return kept, picked if picked != kept else None, True
        return cookie, named if named != cookie else None, access is not None

    async def _save_for_account(
        self, access: Access, choice: Choice | None, answer: str
    ) -> HttpResponse:
        if choice:
            await self.container.plan_choices.save_choice(access.user_id, choice)
            self.context.remembered.set_notices("plan-chosen")
        elif answer == NONE:
            await self.container.plan_choices.delete_choice(access.user_id)
            self.context.remembered.set_notices("plan-given-up")
        self.context.remembered.forget_plan()
        return redirect_to("/account", self.context.cookies.to_set)

    async def _save_in_browser(self, choice: Choice | None) -> None:
        if self.context.flow.has_begun:
            await self.container.plan_choices.save_choice_in_flow(self.context.flow.id, choice)
        if choice:
            self.context.remembered.remember_plan(choice)
        else:
            self.context.remembered.forget_plan()

    def _other_currency(self) -> str:
        """The one chosen last, where the page shows another; one chosen there is remembered."""
        offered = self.container.prices.get_known().catalogue.currencies
        query, remembered = self.context.info.query_params, self.context.remembered
        shown, preferred = query.get("currency", ""), remembered.currency
        if query.get("chosen") and shown in offered:
            remembered.remember_currency(shown)
            return ""
        return preferred if preferred in offered and preferred != shown else ""


def find_named_plan(
    container: Container, preferred_currency: str, given: dict[str, str]
) -> Choice | None:
    """The plan that a link or form names, at the price it was shown with; in the currency that was
    chosen last, where it names none.
    """
    catalogue = container.prices.get_known().catalogue
    currency = given.get("currency", "").upper()
    if not currency and preferred_currency in catalogue.currencies:
        currency = preferred_currency
    plan, period, price = (given.get(name, "") for name in ("plan", "period", "price"))
    return picked_plan(catalogue, plan, period, currency, price)


def find_plan_status(container: Container, choice: Choice | None) -> ChoiceStatus | None:
    return assess_choice(choice, container.prices.get_known()) if choice else None


def _ticked(best: ChoiceStatus | None) -> str:
    """At its price of today, where it has one: at no other can it be taken."""
    if best is None or best.price is None:
        return str(best.choice) if best else ""
    return str(replace(best.choice, amount_minor=best.price.amount_minor))


def find_plan_state(container: Container, choice: Choice) -> State:
    return assess_choice(choice, container.prices.get_known()).state


AnyRequest = Request[Any, Any, Any]


class PlanController(Controller):
    path = "/plan"
    include_in_schema = False
    request_max_body_size = 16 * 1024

    @get()
    async def show_plan(self, request: AnyRequest) -> HttpResponse:
        return await PlanHandler(request).show_page()

    @post()
    async def submit_plan(self, request: AnyRequest) -> HttpResponse:
        handler = PlanHandler(request)
        form = await read_form(request, ("choice", "answer"))
        async with errors_shown_on(handler.show_page):
            handler.context.check_form(form.check)
            return await handler.choose_plan(form.fields)

    @get("/chosen")
    async def show_chosen(self, request: AnyRequest) -> HttpResponse:
        """A line for the page of prices; opened directly it leads to the page of the choice."""
        handler = PlanHandler(request)
        if handler.context.info.is_by_htmx:
            return await handler.render_line()
        return redirect_to("/plan")
