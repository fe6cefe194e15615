"""The wiring: which part of the domain is given which adapters and settings."""

from collections.abc import Sequence
from functools import partial

from app.adapters.postgres import list_revisions
from app.adapters.registry import Adapters
from app.domain.account.activity import Activities
from app.domain.account.confirmation import Confirmation
from app.domain.account.contacts import EmailChange, PhoneChange
from app.domain.account.delayed_changes import DelayedChanges
from app.domain.account.password import PasswordChange
from app.domain.account.personal_data import AccountDeletion, Erasure, PersonalData
from app.domain.account.session_ends import SessionEnds
from app.domain.account.undo import Undo
from app.domain.account.undoable import EarlierIdentities
from app.domain.account.without_phone import WithoutPhone
from app.domain.checks import Checks
from app.domain.credentials.budget import PasswordBudget
from app.domain.credentials.credentials import Credentials
from app.domain.delivery.database_limits import DailyCaps, Pseudonyms
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.delivery.receipts import Receipts
from app.domain.delivery.refill import SendRefill
from app.domain.delivery.send_limiter import SendLimiter
from app.domain.delivery.spending import TextSpending
from app.domain.federation.federation import Federation, Grants
from app.domain.federation.identities import Identities
from app.domain.federation.transactions import Transactions
from app.domain.health import Health
from app.domain.idempotency import IdempotentCalls
from app.domain.identity.hashing import PasswordHashing
from app.domain.identity.passwords import NewPasswords
from app.domain.identity.users import People, Subjects
from app.domain.keys import SecretKeys
from app.domain.languages import Languages
from app.domain.limits import LimitTable
from app.domain.login import LoginFlow
from app.domain.operators import Operators
from app.domain.pricing.choice import PlanChoices
from app.domain.pricing.prices import Prices
from app.domain.recovery.flow import RecoveryFlow
from app.domain.recovery.recovery import PasswordReset
from app.domain.sessions.factors import Factor
from app.domain.sessions.sessions import ABSOLUTE, Sessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.sessions.tokens import AccessTokens
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import SignupCompletion
from app.domain.signup.flow import SignupFlow
from app.domain.signup.plans import PickedPlans
from app.domain.verification.codes import EMAIL, PHONE
from app.domain.verification.verification import VerificationDependencies, Verifications
from app.settings import Settings
from app.web.brand import Brand
from app.web.container import AccountContainer, Container
from app.web.cookies import Cookies, Devices, Flows
from app.web.forms import Csrf
from app.web.page import Pages
from app.web.remembered_values import LanguageFinder
from app.web.request_context import WebConfig
from app.wiring.messages import build_undo_links
from app.wiring.operations import build_vitals, report_test_numbers
from app.wiring.services import build_services


class Wiring:
    """One process's objects. What several of them need is made once, here."""

    def __init__(
        self,
        settings: Settings,
        secrets: SecretKeys,
        limits: LimitTable,
        adapters: Adapters,
        dispatcher: Dispatcher,
        checks: Checks,
    ) -> None:
        self._settings, self._secrets, self._limits = settings, secrets, limits
        self._adapters, self._dispatcher, self._checks = adapters, dispatcher, checks
        self._database = adapters.database
        self._people = People(adapters.database, adapters.memory, limits)
        self._tokens, self._hasher = AccessTokens(settings.base_url), PasswordHashing()
        self._vitals = build_vitals(secrets, adapters, self._hasher, self._tokens)
        self._pseudonyms = Pseudonyms(self._derive_keys("pseudonyms"))
        self._subjects = Subjects(secrets.derive_oldest("subjects"))
        self._sessions = self._build_sessions()
        self._identities = Identities(self._database, self._sessions, limits, self._issuer)
        self._limiter = SendLimiter(adapters.database, adapters.memory, limits, self._pseudonyms)
        dependencies = self._build_dependencies()
        self._phones = Verifications(PHONE, dependencies)
        self._mailboxes = Verifications(EMAIL, dependencies)
        self._own = {
            Factor.PHONE: Verifications(PHONE, dependencies, to_own=True),
            Factor.EMAIL: Verifications(EMAIL, dependencies, to_own=True),
        }
        self._prices = Prices(adapters.polled_database, adapters.memory, adapters.last_good_prices)
        self._plan_choices = PlanChoices(self._database)
        self._drafts = Drafts(adapters.database, adapters.memory)
        self._budget = PasswordBudget(adapters.database, adapters.memory, limits, self._subjects)
        self._new_passwords = self._build_new_passwords()
        self._credentials = Credentials(adapters.database, self._hasher, self._budget)
        self._daily_caps = DailyCaps(adapters.database, limits)

    def build_container(
        self, pages: Pages, languages: Languages, spending: TextSpending
    ) -> Container:
        settings = self._settings
        return Container(
            web_config=self._build_web_config(),
            pages=pages,
            signup=self._build_signup(),
            login=LoginFlow(self._database, self._credentials, self._sessions),
            account=self._build_account(),
            recovery=self._build_recovery(),
            sessions=self._sessions,
            signing_keys=SigningKeys(
                self._derive_keys("signing keys"), self._database, self._adapters.polled_database
            ),
            people=self._people,
            dispatcher=self._dispatcher,
            health=self._build_health(pages.brand),
            vitals=self._vitals,
            daily_caps=self._daily_caps,
            text_spending=spending,
            send_refill=SendRefill(self._database, self._adapters.memory, self._limits),
            prices=self._prices,
            plan_choices=self._plan_choices,
            federation=self._build_federation(),
            services=build_services(settings, self._secrets, self._database, self._tokens),
            idempotent_calls=self._build_idempotent_calls(),
            blocks=self._limiter.blocks,
            receipts=Receipts(self._database),
            receipt_readers=self._adapters.receipt_readers,
            served_regions=settings.sms_regions,
            default_region=settings.default_region,
            language_finder=LanguageFinder(languages, Cookies(settings.is_secure)),
            password_min_length=settings.password_min_length,
            operators=self._build_operators(),
            is_local=settings.is_local,
        )

    def _build_operators(self) -> Operators:
        token, keys = self._settings.ops_token, self._derive_keys("operators")
        return Operators(token, keys, self._adapters.memory, self._limits)

    def build_erasure(self) -> Erasure:
        return Erasure(self._adapters.cleaning_database, self._pseudonyms)

    @property
    def _issuer(self) -> str:
        provider = self._adapters.identity_provider
        return provider.issuer if provider else ""

    def _derive_keys(self, purpose: str) -> Sequence[bytes]:
        return self._secrets.derive(purpose)

    def _build_new_passwords(self) -> NewPasswords:
        return NewPasswords(
            self._settings.password_min_length,
            self._hasher,
            self._adapters.breached_passwords,
            self._database,
            self._limits,
            self._subjects,
            self._settings.brand_name,
        )

    def _build_sessions(self) -> Sessions:
        return Sessions(
            self._database,
            self._limits,
            self._tokens,
            self._derive_keys("refresh tokens"),
            self._pseudonyms,
            self._subjects,
        )

    def _build_health(self, brand: Brand) -> Health:
        own: Checks = {"brand": brand.report_health} if brand.folder else {}
        if self._settings.test_numbers:
            own["test-numbers"] = partial(report_test_numbers, self._settings.fixed_codes)
        return Health(
            self._database,
            self._adapters.memory,
            self._dispatcher,
            self._tokens,
            self._adapters.identity_provider,
            self._prices,
            list_revisions(),
            self._daily_caps,
            self._adapters.breached_passwords,
            self._checks | self._vitals.checks | own,
        )

    def _build_dependencies(self) -> VerificationDependencies:
        return VerificationDependencies(
            self._database,
            self._adapters.memory,
            self._limits,
            self._limiter,
            self._derive_keys("verification codes"),
            self._pseudonyms,
            self._subjects,
            self._settings.hostname,
            self._settings.fixed_codes,
            self._adapters.calls is not None,
        )

    def _build_web_config(self) -> WebConfig:
        return WebConfig(
            Cookies(self._settings.is_secure),
            Csrf(self._derive_keys("forms"), self._settings.base_url),
            Devices(self._derive_keys("devices")),
            Flows(self._derive_keys("flows")),
            Flows(self._derive_keys("flow handles")),
            self._tokens,
            int(ABSOLUTE.total_seconds()),
            self._settings.trusted_proxies,
        )

    def _build_account(self) -> AccountContainer:
        confirmation = Confirmation(
            self._database, self._credentials, self._sessions, self._identities, self._own
        )
        delayed = DelayedChanges(self._database, self._sessions)
        return AccountContainer(
            confirmation,
            WithoutPhone(
                self._database,
                self._credentials,
                self._sessions,
                confirmation,
                self._own[Factor.EMAIL],
                self._limits,
            ),
            delayed,
            SessionEnds(self._database, self._sessions, delayed, self._limits),
            PasswordChange(self._database, self._new_passwords, self._sessions, self._limits),
            PersonalData(self._database),
            AccountDeletion(self._database, self._sessions),
            PhoneChange(
                self._database,
                self._phones,
                self._sessions,
                self._limits,
                self._settings.sms_regions,
            ),
            EmailChange(self._database, self._mailboxes, self._sessions, self._limits),
            self._build_undo(),
            self._identities,
            Activities(self._database),
        )

    def _build_undo(self) -> Undo:
        return Undo(
            self._database,
            self._sessions,
            build_undo_links(self._settings, self._secrets),
            self._phones,
            EarlierIdentities(self._database, self._issuer),
            self._hasher,
            self._budget,
        )

    def _build_idempotent_calls(self) -> IdempotentCalls:
        """By the oldest key: when a new one comes, what was answered is known."""
        keys = self._secrets.derive_oldest("idempotency")
        return IdempotentCalls(self._database, self._adapters.memory, self._limits, keys)

    def _build_federation(self) -> Federation | None:
        provider = self._adapters.identity_provider
        if provider is None:
            return None
        transactions = Transactions(self._database, self._derive_keys("transactions"))
        grants = Grants(self._database, self._adapters.memory, self._limits)
        return Federation(provider, transactions, grants, self._settings.base_url)

    def _build_recovery(self) -> RecoveryFlow:
        reset = PasswordReset(
            self._database, self._new_passwords, self._credentials, self._budget, self._sessions
        )
        return RecoveryFlow(self._database, self._mailboxes, reset, self._drafts)

    def _build_signup(self) -> SignupFlow:
        return SignupFlow(
            self._settings.sms_regions,
            self._database,
            self._drafts,
            self._phones,
            self._mailboxes,
            SignupCompletion(self._database, self._hasher, self._new_passwords, self._sessions),
            self._identities,
            PickedPlans(self._plan_choices, self._prices),
            self._adapters.memory,
            self._limits,
        )
