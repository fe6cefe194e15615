"""The wiring: which part of the domain is given which adapters and settings."""

from jinja2 import Environment

from app.adapters.messages import TemplateStationery
from app.adapters.outside import Outside
from app.adapters.schema import newest_revision
from app.domain.account.confirmation import Confirmation
from app.domain.account.contacts import EmailChange, PhoneChange
from app.domain.account.data import PersonalData
from app.domain.account.deletion import Deletion
from app.domain.account.password import PasswordChange
from app.domain.account.undo import Undo
from app.domain.account.undo_links import UndoLinks
from app.domain.credentials.budget import PasswordBudget
from app.domain.credentials.credentials import Credentials
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.federation.federation import Federation
from app.domain.federation.grants import Grants
from app.domain.federation.identities import Identities
from app.domain.federation.transactions import Transactions
from app.domain.health import Health
from app.domain.identity.hashing import Passwords
from app.domain.identity.users import People
from app.domain.keys import keys_for
from app.domain.limits import LimitTable
from app.domain.login.flow import LoginFlow
from app.domain.pricing.choices import PlanChoices
from app.domain.pricing.prices import Prices
from app.domain.recovery.flow import RecoveryFlow
from app.domain.recovery.reset import Reset
from app.domain.sessions.access_tokens import AccessTokens
from app.domain.sessions.sessions import ABSOLUTE, Sessions
from app.domain.sessions.signing_keys import SigningKeys
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import Finish
from app.domain.signup.flow import SignupFlow
from app.domain.verification.channel import EMAIL, PHONE
from app.domain.verification.means import Means
from app.domain.verification.messages import Composer
from app.domain.verification.verifications import Verifications
from app.settings import Settings
from app.web.cookies import Cookies
from app.web.csrf import Csrf
from app.web.dev_auth0 import DevAuth0, Registration
from app.web.devices import Devices
from app.web.flows import Flows
from app.web.manners import Manners
from app.web.page import Pages
from app.web.parts import AccountParts, Parts


def composer_of(settings: Settings, environment: Environment) -> Composer:
    return Composer(
        TemplateStationery(environment),
        keys_for("verification codes", settings.secret_key)[0],
        settings.hostname,
        settings.base_url,
        undo_links_of(settings).link_of,
    )


def undo_links_of(settings: Settings) -> UndoLinks:
    return UndoLinks(keys_for("undo", settings.secret_key), settings.base_url)


class Wiring:
    """One process's parts. What several of them need is made once, here."""

    def __init__(
        self, settings: Settings, limits: LimitTable, outside: Outside, dispatcher: Dispatcher
    ) -> None:
        self._settings, self._limits = settings, limits
        self._outside, self._dispatcher = outside, dispatcher
        self._database = outside.database
        self._people, self._passwords = People(outside.database), Passwords()
        self._tokens = AccessTokens(settings.base_url)
        self._sessions = Sessions(
            outside.database, limits, self._tokens, self._keys("refresh tokens")
        )
        means = Means(
            outside.database,
            outside.memory,
            limits,
            self._keys("verification codes"),
            settings.hostname,
            dispatcher.wake,
        )
        self._phones, self._mailboxes = Verifications(PHONE, means), Verifications(EMAIL, means)
        self._prices = Prices(outside.prices_database, outside.memory, outside.last_good_prices)
        self._drafts = Drafts(outside.database, outside.memory)
        self._budget = PasswordBudget(outside.database, outside.memory, limits)
        self._credentials = Credentials(outside.database, self._passwords, self._budget)

    def parts(self, pages: Pages) -> Parts:
        settings = self._settings
        return Parts(
            manners=self._manners(),
            pages=pages,
            signup=self._signup(),
            login=LoginFlow(
                self._database, self._credentials, self._sessions, self._dispatcher.wake
            ),
            account=self._account(),
            recovery=self._recovery(),
            sessions=self._sessions,
            signing_keys=SigningKeys(self._keys("signing keys"), self._database),
            people=self._people,
            dispatcher=self._dispatcher,
            health=self._health(),
            prices=self._prices,
            plan_choices=PlanChoices(self._database),
            federation=self._federation(),
            password_min_length=settings.password_min_length,
            ops_token=settings.ops_token,
            outbox=self._outside.outbox,
            dev_auth0=self._dev_auth0(),
            production=settings.production,
        )

    def _keys(self, purpose: str) -> tuple[bytes, ...]:
        return keys_for(purpose, self._settings.secret_key)

    def _health(self) -> Health:
        return Health(
            self._database,
            self._outside.memory,
            self._dispatcher,
            self._tokens,
            self._outside.identity_provider,
            self._prices,
            newest_revision(),
        )

    def _manners(self) -> Manners:
        return Manners(
            Cookies(self._settings.secure),
            Csrf(self._keys("forms"), self._settings.base_url),
            Devices(self._keys("devices")),
            Flows(self._keys("flows")),
            self._tokens,
            int(ABSOLUTE.total_seconds()),
            self._settings.trusted_proxies,
        )

    def _dev_auth0(self) -> DevAuth0 | None:
        local = self._outside.local_openid
        if local is None:
            return None
        client = Registration(
            local.issuer, local.client_id, local.client_secret, self._settings.base_url
        )
        return DevAuth0(self._outside.memory, client, local.key)

    def _account(self) -> AccountParts:
        wake, provider = self._dispatcher.wake, self._outside.identity_provider
        minimum = self._settings.password_min_length
        return AccountParts(
            Confirmation(
                self._database, self._people, self._credentials, self._sessions, self._phones
            ),
            PasswordChange(self._database, self._passwords, self._sessions, minimum, wake),
            PersonalData(self._database),
            Deletion(self._database, self._sessions, wake),
            PhoneChange(self._database, self._phones, wake, self._settings.sms_regions),
            EmailChange(self._database, self._mailboxes, wake),
            Undo(self._database, self._sessions, undo_links_of(self._settings), wake),
            Identities(self._database, self._sessions, wake, provider.issuer if provider else ""),
        )

    def _federation(self) -> Federation | None:
        provider = self._outside.identity_provider
        if provider is None:
            return None
        transactions = Transactions(self._database, self._keys("transactions"))
        grants = Grants(self._database, self._outside.memory, self._limits)
        return Federation(provider, transactions, grants, self._settings.base_url)

    def _recovery(self) -> RecoveryFlow:
        reset = Reset(
            self._database,
            self._passwords,
            self._settings.password_min_length,
            self._credentials,
            self._budget,
            self._sessions,
            self._dispatcher.wake,
        )
        return RecoveryFlow(self._database, self._mailboxes, reset, self._drafts)

    def _signup(self) -> SignupFlow:
        minimum = self._settings.password_min_length
        return SignupFlow(
            self._settings.sms_regions,
            self._database,
            self._drafts,
            self._phones,
            self._mailboxes,
            Finish(self._database, self._passwords, self._sessions, minimum),
        )
