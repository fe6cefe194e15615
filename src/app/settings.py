"""Settings: one frozen value, read once from the environment, with every problem listed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from app.environment import Network, Reader, split

Environment = Literal["development", "test", "production"]
LogFormat = Literal["json", "console"]
# Only for development: whoever runs production must bring a key of their own.
DEVELOPMENT_KEY = "development-only-key-never-for-production"


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
    auth0_issuer: str
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


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Reads and checks everything; raises `BadSettings` with all problems at once."""
    reader = Reader(environ)
    settings = _read_all(reader)
    problems = reader.problems + _contradictions(settings)
    if settings.production:
        problems += _unsafe_in_production(settings)
    if problems:
        raise BadSettings(problems)
    return settings


def _read_all(read: Reader) -> Settings:
    return Settings(**_deployment(read), **_vendors(read), **_rules(read))


def _deployment(read: Reader) -> dict[str, Any]:
    """Where it runs and what it stands on."""
    environment = read.choice("ENVIRONMENT", get_args(Environment), "development")
    key = "" if environment == "production" else DEVELOPMENT_KEY
    port = read.number("PORT", 8000, 1, 65535)
    return {
        "environment": environment,
        "base_url": read.url("BASE_URL", f"http://127.0.0.1:{port}"),
        "secret_key": split(read.secret("SECRET_KEY") or key),
        "database_url": read.store("DATABASE_URL", "postgresql", "postgres"),
        "redis_url": read.store("REDIS_URL", "redis", "rediss", "unix"),
        "trusted_proxies": read.networks("TRUSTED_PROXIES"),
        "allowed_origins": read.items("ALLOWED_ORIGINS"),
        "ops_token": read.secret("OPS_TOKEN"),
        "log_level": read.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        "log_format": read.choice("LOG_FORMAT", get_args(LogFormat), "json"),
        "host": read.text("HOST") or "127.0.0.1",
        "port": port,
        "workers": read.number("WORKERS", 1, 1, 64),
    }


def _vendors(read: Reader) -> dict[str, Any]:
    """Who sends for us, and who else may vouch for a person."""
    return {
        "twilio_account_sid": read.text("TWILIO_ACCOUNT_SID"),
        "twilio_auth_token": read.secret("TWILIO_AUTH_TOKEN"),
        "twilio_from_number": read.text("TWILIO_FROM_NUMBER"),
        "twilio_messaging_service_sid": read.text("TWILIO_MESSAGING_SERVICE_SID"),
        "twilio_api_url": read.url("TWILIO_API_URL", "https://api.twilio.com"),
        "sendgrid_api_key": read.secret("SENDGRID_API_KEY"),
        "sendgrid_from_email": read.text("SENDGRID_FROM_EMAIL"),
        "sendgrid_webhook_public_key": read.text("SENDGRID_WEBHOOK_PUBLIC_KEY"),
        "sendgrid_api_url": read.url("SENDGRID_API_URL", "https://api.sendgrid.com"),
        "auth0_issuer": read.text("AUTH0_ISSUER"),
        "auth0_client_id": read.text("AUTH0_CLIENT_ID"),
        "auth0_client_secret": read.secret("AUTH0_CLIENT_SECRET"),
    }


def _rules(read: Reader) -> dict[str, Any]:
    """What a deployment may decide about people and money."""
    return {
        "sms_regions": read.items("SMS_REGIONS", "US,CA,GB,IE,DE,FR,ES,IT,NL,SE,AU,NZ"),
        "sms_daily_limit": read.number("SMS_DAILY_LIMIT", 500, 0, 10_000_000),
        "limits_file": read.text("LIMITS_FILE"),
        "password_min_length": read.number("PASSWORD_MIN_LENGTH", 12, 8, 256),
    }


def _contradictions(settings: Settings) -> list[str]:
    """What no environment may run with."""
    sender = settings.twilio_from_number or settings.twilio_messaging_service_sid
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
            settings.sends_texts and not (settings.twilio_auth_token and sender),
            "TWILIO_ACCOUNT_SID also needs TWILIO_AUTH_TOKEN and TWILIO_FROM_NUMBER"
            " or TWILIO_MESSAGING_SERVICE_SID.",
        ),
        (
            settings.sends_mail and not settings.sendgrid_from_email,
            "SENDGRID_API_KEY also needs SENDGRID_FROM_EMAIL.",
        ),
        (
            any(len(region) != 2 or not region.isupper() for region in settings.sms_regions),
            "SMS_REGIONS must be a list of two-letter countries such as US,GB,DE.",
        ),
    ]
    return [problem for wrong, problem in checks if wrong]


def _unsafe_in_production(settings: Settings) -> list[str]:
    """What would be harmless on a laptop and is not in front of people."""
    needed = [
        (settings.secret_key, "SECRET_KEY", "a random text of at least 32 bytes"),
        (settings.database_url, "DATABASE_URL", "postgresql://user:password@host/name"),
        (settings.redis_url, "REDIS_URL", "redis://host:6379/0"),
        (settings.twilio_account_sid, "TWILIO_ACCOUNT_SID", "the SID that starts with AC"),
        (settings.sendgrid_api_key, "SENDGRID_API_KEY", "the key that starts with SG."),
    ]
    missing = [
        f"{name} is missing: set it to {shape}." for value, name, shape in needed if not value
    ]
    if not settings.secure:
        missing.append("BASE_URL must start with https:// in production.")
    if DEVELOPMENT_KEY in settings.secret_key:
        missing.append("SECRET_KEY is the development key; make one of your own.")
    return missing
