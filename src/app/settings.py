"""Settings: one frozen value, read once from the environment, with every problem listed at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.environment import LOOPBACK, Network, Reader
from app.variables import DEVELOPMENT_KEY, Environment, LogFormat, deployment, rules, vendors


class BadSettings(Exception):
    """All problems found, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the product; the names in upper case are the environment variables."""

    environment: Environment
    base_url: str
    secret_key: tuple[str, ...]
    database_url: str
    redis_url: str
    trusted_proxies: tuple[Network, ...]
    allowed_origins: tuple[str, ...]
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from_number: str
    twilio_messaging_service_sid: str
    twilio_api_url: str
    sendgrid_api_key: str
    sendgrid_from_email: str
    sendgrid_webhook_public_key: str
    sendgrid_api_url: str
    auth0_issuer: str | None  # "" was left out on purpose, None was never spoken of
    auth0_client_id: str
    auth0_client_secret: str
    sms_regions: tuple[str, ...]
    sms_daily_limit: int
    limits_file: str
    password_min_length: int
    ops_token: str
    log_level: str
    log_format: LogFormat
    host: str
    port: int
    workers: int

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def secure(self) -> bool:
        """Whether the world sees us over https; plain http is only for loopback."""
        return self.base_url.startswith("https://")

    @property
    def hostname(self) -> str:
        """The host people see, without port: what an SMS code is bound to."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def sends_texts(self) -> bool:
        return bool(self.twilio_account_sid)

    @property
    def sends_mail(self) -> bool:
        return bool(self.sendgrid_api_key)

    @property
    def asks_own_auth0(self) -> bool:
        """Whether the provider of made-up people stands in: where it is a developer's own machine
        that asks and answers, and Auth0 was not left out on purpose.
        """
        here = self.host in LOOPBACK and self.hostname in LOOPBACK and not self.secure
        return self.auth0_issuer is None and not self.production and here


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Reads and checks everything; raises `BadSettings` with all problems at once."""
    reader = Reader(environ)
    settings = _read_all(reader)
    problems = reader.problems + _contradictions(settings) + _missing_of_vendors(settings)
    if settings.production:
        problems += _unsafe_in_production(settings)
    if problems:
        raise BadSettings(problems)
    return settings


def _read_all(read: Reader) -> Settings:
    return Settings(**deployment(read), **vendors(read), **rules(read))


def _contradictions(settings: Settings) -> list[str]:
    """What no environment may run with."""
    checks = [
        (
            any(len(key.encode()) < 32 for key in settings.secret_key),
            "SECRET_KEY: each key must be at least 32 bytes long.",
        ),
        (
            any(network.prefixlen == 0 for network in settings.trusted_proxies),
            "TRUSTED_PROXIES must name your proxies; it cannot be everybody.",
        ),
        (
            any(len(region) != 2 or not region.isupper() for region in settings.sms_regions),
            "SMS_REGIONS must be a list of two-letter countries such as US,GB,DE.",
        ),
        *_half_set_up(settings),
    ]
    return [problem for wrong, problem in checks if wrong]


def _half_set_up(settings: Settings) -> list[tuple[bool, str]]:
    """An Auth0 of which we know too little to ask anything."""
    client = (bool(settings.auth0_client_id), bool(settings.auth0_client_secret))
    return [
        (
            bool(settings.auth0_issuer) and not all(client),
            "AUTH0_ISSUER also needs AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET.",
        ),
        (
            settings.auth0_issuer is None and any(client),
            "AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET also need AUTH0_ISSUER.",
        ),
    ]


def _missing_of_vendors(settings: Settings) -> list[str]:
    """All of a vendor that sends for us; in production both do."""
    sender = settings.twilio_from_number or settings.twilio_messaging_service_sid
    numbers = "a number such as +12025550100, or TWILIO_MESSAGING_SERVICE_SID to a service"
    texts = [
        (settings.twilio_account_sid, "TWILIO_ACCOUNT_SID", "the SID that starts with AC"),
        (settings.twilio_auth_token, "TWILIO_AUTH_TOKEN", "the auth token of that account"),
        (sender, "TWILIO_FROM_NUMBER", numbers),
    ]
    mail = [
        (settings.sendgrid_api_key, "SENDGRID_API_KEY", "the key (it starts with SG.)"),
        (settings.sendgrid_from_email, "SENDGRID_FROM_EMAIL", "the address that mails come from"),
    ]
    return [
        *(_missing(texts) if settings.production or settings.sends_texts else ()),
        *(_missing(mail) if settings.production or settings.sends_mail else ()),
    ]


def _missing(needed: Iterable[tuple[object, str, str]]) -> list[str]:
    """Of what is needed: what it is set to, its name, and what to set it to."""
    return [f"{name} is missing: set it to {shape}." for value, name, shape in needed if not value]


def _unsafe_in_production(settings: Settings) -> list[str]:
    """What would be harmless on a laptop and is not in front of people."""
    needed = [
        (settings.secret_key, "SECRET_KEY", "a random text of at least 32 bytes"),
        (settings.database_url, "DATABASE_URL", "postgresql://user:password@host/name"),
        (settings.redis_url, "REDIS_URL", "redis://host:6379/0"),
    ]
    missing = _missing(needed)
    if settings.auth0_issuer is None:
        missing.append(
            "AUTH0_ISSUER is missing: set it to https://TENANT.eu.auth0.com/,"
            " or to nothing (AUTH0_ISSUER=) to leave Auth0 out."
        )
    if not settings.secure:
        missing.append("BASE_URL must start with https:// in production.")
    if DEVELOPMENT_KEY in settings.secret_key:
        missing.append("SECRET_KEY is the development key; make one of your own.")
    return missing
