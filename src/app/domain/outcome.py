"""What a step of a flow has led to. Pages and JSON say it each in their way, and decide nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from app.domain.pricing.choice import Choice
from app.domain.sessions.session import OpenedSession, Tokens

Step_co = TypeVar("Step_co", bound=StrEnum, covariant=True)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Step_co]):
    """A `next_step`, or a `session` that was opened by `method` ("phone", "password", "auth0"), or
    the next `tokens` of the session there is; the flow is over where it is none of them.

    `notices`: names of what is to be told. `is_rotated`: from now on the flow has the id that
    `next_flow_id` has said. `is_new_account`: the session is the first one of it. `link_pending`:
    an identity waits in the session for another proof. `plan`: one to be remembered as picked;
    `is_plan_saved`: it is the account's now, and can be forgotten. `contacts`: those whose owner is
    known from now on to use this device.
    """

    next_step: Step_co | None = None
    session: OpenedSession | None = None
    method: str = ""
    tokens: Tokens | None = None
    notices: tuple[str, ...] = ()
    is_rotated: bool = False
    is_new_account: bool = False
    link_pending: bool = False
    plan: Choice | None = None
    is_plan_saved: bool = False
    contacts: tuple[str, ...] = ()
