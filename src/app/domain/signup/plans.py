"""The plan that someone picked before there was an account: it goes on with the number they prove,
and into the account that this becomes.
"""

from contextlib import suppress
from dataclasses import replace

from app.domain.errors import Unavailable
from app.domain.outcome import Outcome
from app.domain.pricing.choice import Choice, PlanChoices, State, assess_choice
from app.domain.pricing.prices import Prices
from app.domain.sessions.session import OpenedSession
from app.domain.signup.signup import Step


class PickedPlans:
    """A database that does not answer keeps nobody from signing up: the client has the plan."""

    def __init__(self, choices: PlanChoices, prices: Prices) -> None:
        self._choices, self._prices = choices, prices

    async def carry_on(
        self, outcome: Outcome[Step], picked: Choice | None, flow_id: bytes
    ) -> Outcome[Step]:
        """`flow_id`: under which the flow goes on. An account that was there before has a plan of
        its own, or none.
        """
        if outcome.session:
            is_saved = outcome.is_new_account and await self._save(outcome.session, picked)
            return replace(outcome, plan=picked, is_plan_saved=is_saved)
        if outcome.is_rotated:
            return replace(outcome, plan=await self._save_in_flow(flow_id, picked))
        return replace(outcome, plan=picked)

    async def _save_in_flow(self, flow_id: bytes, picked: Choice | None) -> Choice | None:
        """With the number that was just proved: a sign-up that was begun elsewhere had one too."""
        with suppress(Unavailable):
            if picked is None:
                return await self._choices.find_choice_by_number(flow_id)
            await self._choices.save_choice_in_flow(flow_id, picked)
        return picked

    async def _save(self, session: OpenedSession, picked: Choice | None) -> bool:
        """At the price that was shown. Where that is not today's any more, or cannot be kept, the
        client still has it, and the account asks.
        """
        if picked and assess_choice(picked, self._prices.get_known()).state is State.HOLDS:
            with suppress(Unavailable):
                await self._choices.save_choice(session.user_id, picked)
                return True
        return False
