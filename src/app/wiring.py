"""The wiring: which part of the domain is given which adapters and settings."""

from jinja2 import Environment

from app.adapters.messages import TemplateStationery
from app.adapters.outside import Outside
from app.adapters.schema import newest_revision
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.health import Health
from app.domain.identity.passwords import Passwords
from app.domain.identity.users import People
from app.domain.keys import keys_for
from app.domain.limits import LimitTable
from app.domain.login.budget import PasswordBudget
from app.domain.login.flow import LoginFlow
from app.domain.sessions.access_tokens import AccessTokens
from app.domain.sessions.refresh_tokens import RefreshTokens
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
from app.web.devices import Devices
from app.web.manners import Manners
from app.web.page import Pages
from app.web.parts import Parts


def composer_of(settings: Settings, environment: Environment) -> Composer:
    return Composer(
        TemplateStationery(environment),
        keys_for("verification codes", settings.secret_key)[0],
        settings.hostname,
        settings.base_url,
    )


def parts_of(
    settings: Settings, limits: LimitTable, outside: Outside, pages: Pages, dispatcher: Dispatcher
) -> Parts:
    tokens = AccessTokens(settings.base_url)
    refresh_tokens = RefreshTokens(keys_for("refresh tokens", settings.secret_key))
    sessions, passwords = Sessions(outside.database, tokens, refresh_tokens), Passwords()
    manners = Manners(
        Cookies(settings.secure),
        Csrf(keys_for("forms", settings.secret_key), settings.base_url),
        Devices(keys_for("devices", settings.secret_key)),
        tokens,
        int(ABSOLUTE.total_seconds()),
        settings.trusted_proxies,
    )
    return Parts(
        manners=manners,
        pages=pages,
        signup=_signup(
            settings,
            limits,
            outside,
            dispatcher,
            Finish(outside.database, passwords, sessions, settings.password_min_length),
        ),
        login=LoginFlow(
            outside.database,
            passwords,
            sessions,
            PasswordBudget(outside.database, outside.memory, limits),
            dispatcher.wake,
        ),
        sessions=sessions,
        signing_keys=SigningKeys(keys_for("signing keys", settings.secret_key), outside.database),
        people=People(outside.database),
        dispatcher=dispatcher,
        health=Health(outside.database, outside.memory, dispatcher, newest_revision()),
        auth0_ready=False,
        password_min_length=settings.password_min_length,
        ops_token=settings.ops_token,
        outbox=outside.outbox,
        production=settings.production,
    )


def _signup(
    settings: Settings,
    limits: LimitTable,
    outside: Outside,
    dispatcher: Dispatcher,
    finish: Finish,
) -> SignupFlow:
    means = Means(
        outside.database,
        outside.memory,
        limits,
        keys_for("verification codes", settings.secret_key),
        settings.hostname,
        dispatcher.wake,
    )
    return SignupFlow(
        settings.sms_regions,
        outside.database,
        Drafts(outside.database, outside.memory),
        Verifications(PHONE, means),
        Verifications(EMAIL, means),
        finish,
    )
