"""The parts that `main` put together, as the controllers use them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from litestar import Request

from app.domain.account.confirmation import Confirmation
from app.domain.account.contacts import EmailChange, PhoneChange
from app.domain.account.data import PersonalData
from app.domain.account.deletion import Deletion
from app.domain.account.password import PasswordChange
from app.domain.account.undo import Undo
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.federation.federation import Federation
from app.domain.federation.identities import Identities
from app.domain.health import Health
from app.domain.identity.users import People
from app.domain.login.flow import LoginFlow
from app.domain.pricing.choices import PlanChoices
from app.domain.pricing.prices import Prices
from app.domain.recovery.flow import RecoveryFlow
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.signup.flow import SignupFlow
from app.web.dev_auth0 import DevAuth0
from app.web.manners import Manners
from app.web.page import Pages
from app.web.visit import Visit


class Outbox(Protocol):
    """What a machine without providers kept instead of sending it."""

    def recent(self, count: int, /) -> Sequence[object]: ...


@dataclass(frozen=True, slots=True)
class AccountParts:
    """What somebody who is signed in may do with their account."""

    confirmation: Confirmation
    password_change: PasswordChange
    personal_data: PersonalData
    deletion: Deletion
    phone_change: PhoneChange
    email_change: EmailChange
    undo: Undo
    identities: Identities


@dataclass(frozen=True, slots=True)
class Parts:
    """One of these a process, in `app.state.parts`."""

    manners: Manners
    pages: Pages
    signup: SignupFlow
    login: LoginFlow
    account: AccountParts
    recovery: RecoveryFlow
    sessions: Sessions
    signing_keys: SigningKeys
    people: People
    dispatcher: Dispatcher
    health: Health
    prices: Prices
    plan_choices: PlanChoices
    federation: Federation | None
    password_min_length: int
    ops_token: str
    outbox: Outbox | None
    dev_auth0: DevAuth0 | None
    production: bool

    @property
    def auth0_ready(self) -> bool:
        """Whether it is among the ways in at all."""
        return self.federation is not None

    @property
    def auth0_down(self) -> bool:
        return self.federation is not None and self.federation.down

    @classmethod
    def of(cls, request: Request[Any, Any, Any]) -> "Parts":
        return cast(Parts, request.app.state.parts)

    def visit(self, request: Request[Any, Any, Any]) -> Visit:
        """The same one however often it is asked for, so that no cookie it has to set is lost."""
        state = request.scope["state"]
        visit: Visit | None = state.get("visit")
        if visit is None:
            visit = state["visit"] = Visit(request, self.manners)
        return visit
