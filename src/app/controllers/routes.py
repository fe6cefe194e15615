"""Every controller of the product: each has its addresses."""

from litestar import Router

from app.controllers.account.account import AccountController, AccountDataController
from app.controllers.account.activity import AccountActivityController
from app.controllers.account.confirm import AccountConfirmController, AccountWithoutPhoneController
from app.controllers.account.deletion import AccountDeletionController
from app.controllers.account.email import AccountEmailController
from app.controllers.account.identities import AccountIdentitiesController
from app.controllers.account.password import AccountPasswordController
from app.controllers.account.phone import AccountPhoneController
from app.controllers.account.undo import AccountUndoConfirmController, AccountUndoController
from app.controllers.api.changes import ConfirmApiController, ContactsApiController
from app.controllers.api.docs import ApiDocsController
from app.controllers.api.login import LoginApiController
from app.controllers.api.me import MeApiController
from app.controllers.api.pricing import PricingApiController
from app.controllers.api.recovery import RecoveryApiController
from app.controllers.api.signup import SignupApiController
from app.controllers.api.tokens import TokensApiController
from app.controllers.auth0.auth0 import Auth0Controller
from app.controllers.health import HealthController, StatusController
from app.controllers.language import LanguageController
from app.controllers.login import LoginController, LogoutController
from app.controllers.metrics import MetricsController
from app.controllers.plan import PlanController
from app.controllers.pricing import HomeController, PricingController
from app.controllers.problems import ProblemsController
from app.controllers.recovery import RecoveryController
from app.controllers.services import ServicesController
from app.controllers.signup.signup import SignupController
from app.controllers.webhooks import WebhooksController
from app.controllers.well_known import WellKnownController
from app.web.blocked import BlockedNetworks

CONTROLLERS = (
    HomeController,
    SignupController,
    LoginController,
    LogoutController,
    LanguageController,
    RecoveryController,
    AccountController,
    AccountConfirmController,
    AccountWithoutPhoneController,
    AccountPasswordController,
    AccountActivityController,
    AccountDataController,
    AccountDeletionController,
    AccountPhoneController,
    AccountEmailController,
    AccountUndoController,
    AccountUndoConfirmController,
    AccountIdentitiesController,
    Auth0Controller,
    PricingController,
    PricingApiController,
    SignupApiController,
    LoginApiController,
    RecoveryApiController,
    TokensApiController,
    MeApiController,
    ConfirmApiController,
    ContactsApiController,
    ServicesController,
    ApiDocsController,
    ProblemsController,
    PlanController,
    WebhooksController,
    WellKnownController,
    HealthController,
    MetricsController,
    StatusController,
)
# Sessions that are there go on, and people can leave, wherever they are.
WAYS_IN = (
    SignupController,
    LoginController,
    RecoveryController,
    Auth0Controller,
    SignupApiController,
    LoginApiController,
    RecoveryApiController,
)
ROUTES = (
    Router("/", route_handlers=WAYS_IN, middleware=[BlockedNetworks]),
    *(each for each in CONTROLLERS if each not in WAYS_IN),
)
