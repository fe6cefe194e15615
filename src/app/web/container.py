"""The container of what `main` put together, as the controllers use them."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from litestar import Request

from app.domain.account.activity import Activities
from app.domain.account.confirmation import Confirmation
from app.domain.account.contacts import EmailChange, PhoneChange
from app.domain.account.delayed_changes import DelayedChanges
from app.domain.account.password import PasswordChange
from app.domain.account.personal_data import AccountDeletion, PersonalData
from app.domain.account.session_ends import SessionEnds
from app.domain.account.undo import Undo
from app.domain.account.without_phone import WithoutPhone
from app.domain.blocks import Blocks
from app.domain.concurrency import Lazy
from app.domain.delivery.database_limits import DailyCaps
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.delivery.receipts import ReceiptReader, Receipts
from app.domain.delivery.refill import SendRefill
from app.domain.delivery.spending import TextSpending
from app.domain.federation.federation import Federation
from app.domain.federation.identities import Identities
from app.domain.health import Health
from app.domain.idempotency import IdempotentCalls
from app.domain.identity.users import People
from app.domain.login import LoginFlow
from app.domain.operators import Operators
from app.domain.pricing.choice import PlanChoices
from app.domain.pricing.prices import Prices
from app.domain.recovery.flow import RecoveryFlow
from app.domain.services import Services
from app.domain.sessions.service_tokens import Profiles, ServiceSessions, ServiceTokens
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.signup.flow import SignupFlow
from app.domain.vitals import Vitals
from app.web.page import Pages
from app.web.remembered_values import LanguageFinder
from app.web.request_context import RequestContext, WebConfig


@dataclass(frozen=True, slots=True)
class AccountContainer:
    """What someone who is signed in may do with their account."""

    confirmation: Confirmation
    without_phone: WithoutPhone
    delayed_changes: DelayedChanges
    session_ends: SessionEnds
    password_change: PasswordChange
    personal_data: PersonalData
    deletion: AccountDeletion
    phone_change: PhoneChange
    email_change: EmailChange
    undo: Undo
    identities: Identities
    activities: Activities


@dataclass(frozen=True, slots=True)
class ServicesContainer:
    """What the services that trust us are given. `base_url` is our own."""

    registry: Services
    profiles: Profiles
    tokens: ServiceTokens
    sessions: ServiceSessions
    base_url: str

    @property
    def hostname(self) -> str:
        """Of us: the services on it see our cookies."""
        return urlsplit(self.base_url).hostname or ""


@dataclass(frozen=True, slots=True)
class Container:
    """One of these a process, in `app.state.container`."""

    web_config: WebConfig
    pages: Pages
    signup: SignupFlow
    login: LoginFlow
    account: AccountContainer
    recovery: RecoveryFlow
    sessions: Sessions
    signing_keys: SigningKeys
    people: People
    dispatcher: Dispatcher
    health: Health
    vitals: Vitals
    daily_caps: DailyCaps
    text_spending: TextSpending
    send_refill: SendRefill
    prices: Prices
    plan_choices: PlanChoices
    federation: Federation | None
    services: ServicesContainer
    idempotent_calls: IdempotentCalls
    blocks: Blocks
    receipts: Receipts
    receipt_readers: dict[tuple[str, str], Lazy[ReceiptReader]]  # by channel and sender
    served_regions: tuple[str, ...]
    default_region: str
    language_finder: LanguageFinder
    password_min_length: int
    operators: Operators
    is_local: bool

    @property
    def has_auth0(self) -> bool:
        """Whether it is among the ways in at all."""
        return self.federation is not None

    @property
    def is_auth0_down(self) -> bool:
        return self.federation is not None and self.federation.is_down

    @classmethod
    def from_request(cls, request: Request[Any, Any, Any]) -> "Container":
        return cls.from_scope(request.scope)

    @classmethod
    def from_scope(cls, scope: Any) -> "Container":
        return cast(Container, scope["litestar_app"].state.container)

    def get_context(self, scope: Any) -> RequestContext:
        """The same one however often it is asked for, so that no cookie it has to set is lost."""
        state = scope["state"]
        context: RequestContext | None = state.get("context")
        if context is None:
            context = state["context"] = RequestContext(scope, self.web_config)
        return context
